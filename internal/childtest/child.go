// Package childtest runs functions of a test binary in processes of their own, for tests that kill what they run, or that want
// another process to hold a lock.
package childtest

import (
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
)

const (
	variable = "SLUICE_CHILD"
	place    = "SLUICE_CHILD_PATH"
)

// Func is what a child does with the path that it is given; it returns the exit status.
type Func func(path string) int

var children = map[string]Func{}

// Register makes fn a child of that name. Call it from an init function.
func Register(name string, fn Func) { children[name] = fn }

// Main is for TestMain: in a child it runs the child's function, else the tests, which must leave no goroutines.
func Main(m *testing.M) {
	if name := os.Getenv(variable); name != "" {
		os.Exit(children[name](os.Getenv(place)))
	}
	goleak.VerifyTestMain(m)
}

// Command returns the child of that name, not yet started, with further variables in its environment.
func Command(t testing.TB, name, path string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(append(os.Environ(), variable+"="+name, place+"="+path), env...)
	return cmd
}
