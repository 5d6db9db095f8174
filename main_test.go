package sluice_test

import (
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// os/signal keeps a goroutine from its first use on, which must not lie within a bubble of testing/synctest.
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	signal.Stop(c)
	goleak.VerifyTestMain(m)
}
