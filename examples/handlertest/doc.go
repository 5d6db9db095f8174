// Package handlertest shows a table-driven test of a handler with slogrec: what went in, what must come out.
package handlertest
