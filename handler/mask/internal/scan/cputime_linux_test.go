package scan

import (
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// cpuTime returns how long f keeps a processor busy, which others on the machine do not lengthen as they do the time that passes.
func cpuTime(f func()) time.Duration {
	const threadClock = 3 // CLOCK_THREAD_CPUTIME_ID
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after syscall.Timespec
	_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&before)), 0)
	f()
	_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&after)), 0)
	return time.Duration(after.Nano() - before.Nano())
}
