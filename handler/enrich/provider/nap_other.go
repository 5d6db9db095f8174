//go:build !linux

package provider

import "time"

const (
	fineTimers = time.Duration(0)
	oneNap     = 100 * time.Microsecond
)

func nap() {}
