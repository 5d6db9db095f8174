package scope

import "sync"

// RunID identifies this run of the program: a UUID of version 7 made at first use.
func RunID() string { return runID() }

var (
	runID   = sync.OnceValue(NewID)
	process = sync.OnceValue(func() *Scope {
		s := new(Scope)
		s.Seal()
		return s
	})
)

// Process is the scope of records outside any request: run_id alone. Its Key is 0, so that a sampler does not keep or
// drop all of them together. The same value at every call.
func Process() *Scope { return process() }
