//go:build !unix

package opensearchtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

var errSystem = unavailable{errors.New("nodes are only started on Unix systems: set OPENSEARCH_URL to a running one")}

func flock(*os.File, bool) (bool, error)               { return false, errSystem }
func funlock(*os.File) error                           { return errSystem }
func waitLock(context.Context, *os.File, bool) error   { return errSystem }
func lockFile(context.Context, string) (func(), error) { return nil, errSystem }
func nodeProcess(*exec.Cmd, string) error              { return errSystem }
func killGroup(*exec.Cmd) error                        { return errSystem }
func detach(*exec.Cmd)                                 {}
func closeOnExec(*os.File)                             {}

var terminations = []os.Signal{os.Interrupt}
