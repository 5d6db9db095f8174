//go:build !unix

package audio

import (
	"testing"
	"time"
)

var started = time.Now()

// cpuTime is the time that has passed.
func cpuTime(*testing.B) time.Duration { return time.Since(started) }
