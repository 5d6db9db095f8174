//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package filelock

import "os"

// Lock does nothing: this system has no flock, and the operator sees to it that a file has one holder.
func Lock(*os.File) error { return nil }
