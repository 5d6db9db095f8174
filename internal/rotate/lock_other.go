//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package rotate

import "os"

// flock does nothing: this system has no flock, and the operator sees to it that a file has one writer.
func flock(*os.File) error { return nil }
