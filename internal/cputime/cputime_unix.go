//go:build unix

package cputime

import (
	"syscall"
	"time"
)

// Process is the processor time of this process so far, as the kernel counts it. The cpu classes of runtime/metrics
// would be portable but stand still between two garbage collections.
func Process() (time.Duration, bool) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
