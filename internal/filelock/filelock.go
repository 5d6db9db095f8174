// Package filelock gives a file one holder among all processes, where the system has flock.
package filelock

import "errors"

// ErrHeld is the error of Lock when the file is held already, by this process or another.
var ErrHeld = errors.New("the file is locked")
