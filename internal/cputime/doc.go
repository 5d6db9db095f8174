// Package cputime tells how much processor time this process has used, user and system time of all threads.
package cputime
