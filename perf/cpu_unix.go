//go:build unix

package perf

import (
	"syscall"
	"time"
)

// processCPU returns the user and system time of the process, negative when it cannot be had.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return -1
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
