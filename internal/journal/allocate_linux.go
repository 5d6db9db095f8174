package journal

import (
	"errors"
	"os"
	"syscall"
)

// datasync writes the data and what is needed to find it, but no times.
func datasync(f *osFile) error {
	for {
		if err := syscall.Fdatasync(int(f.fd)); !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

// allocate reserves blocks, so that a full disk is met here and not in the middle of a frame.
func allocate(f *osFile, size int64) error {
	for {
		err := syscall.Fallocate(int(f.fd), 0, 0, size)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS):
			return f.Truncate(size)
		}
		return os.NewSyscallError("fallocate", err)
	}
}
