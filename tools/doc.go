// Package tools checks the project with modules that its users need not have.
package tools
