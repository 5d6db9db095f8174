package provider

import (
	"syscall"
	"time"
)

const (
	// fineTimers: an idle Go process waits for its timers in epoll_wait, which counts in milliseconds, so a timer of half a
	// millisecond fires after more than one.
	fineTimers = 2 * time.Millisecond
	// oneNap is how long a nap takes at most on an idle machine: what is asked for, and the kernel's slack of 50 µs.
	oneNap = 100 * time.Microsecond
)

// nap sleeps in the kernel, whose timers are finer.
func nap() { _ = syscall.Nanosleep(&syscall.Timespec{Nsec: 30_000}, nil) }
