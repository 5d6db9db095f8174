//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package rotate

import (
	"errors"
	"os"
	"syscall"
)

// flock locks f for as long as it is open, or returns ErrLocked.
func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		}
		return os.NewSyscallError("flock", err)
	}
}
