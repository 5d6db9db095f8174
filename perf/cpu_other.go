//go:build !unix

package perf

import "time"

func processCPU() time.Duration { return -1 }
