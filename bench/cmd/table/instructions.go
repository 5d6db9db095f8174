package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluicelog/sluice/bench"
)

// Calls that instructions counts between: the difference leaves out what starting costs.
const (
	fewCalls  = 500
	manyCalls = 2500
)

// instructions prints how many machine instructions a call takes: unlike time they do not depend on what else the machine
// does. The garbage collector is off, and what stands behind a queue waits until the counting is done.
func instructions(int) {
	fmt.Printf("\n## Instructions a call (valgrind --tool=cachegrind, ±3%%)\n\n")
	if _, err := exec.LookPath("valgrind"); err != nil {
		fmt.Printf("valgrind is not installed: nothing counted.\n")
		return
	}
	fmt.Printf("| what | instructions | x floor | x slog.JSONHandler |\n|---|---|---|---|\n")
	for _, cases := range [][]bench.Case{bench.HotPath(), bench.Shapes()} {
		counted := make([]float64, len(cases))
		for i, c := range cases {
			counted[i] = float64(count(c.Name, manyCalls)-count(c.Name, fewCalls)) / (manyCalls - fewCalls)
		}
		for i, c := range cases {
			f, j := references(cases, i)
			fmt.Printf("| %s | %.0f | %.2f | %.2f |\n", c.Name, counted[i], counted[i]/counted[f], counted[i]/counted[j])
		}
	}
}

var refs = regexp.MustCompile(`I\s+refs:\s+([\d,]+)`)

// count runs this program under valgrind and returns the instructions that it took.
func count(name string, calls int) int64 {
	self, err := os.Executable()
	if err != nil {
		fail(err)
	}
	cmd := exec.Command("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
		self, "-call", name, "-calls", strconv.Itoa(calls))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		fail(fmt.Errorf("valgrind: %w\n%s", err, out))
	}
	m := refs.FindSubmatch(out)
	if m == nil {
		fail(fmt.Errorf("valgrind printed no count of instructions:\n%s", out))
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(string(m[1]), ",", ""), 10, 64)
	if err != nil {
		fail(err)
	}
	return n
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "table:", err)
	os.Exit(1)
}

func callCase(name string, calls int) {
	cases := slices.Concat(bench.HotPath(), bench.Shapes())
	i := slices.IndexFunc(cases, func(c bench.Case) bool { return c.Name == name })
	if i < 0 {
		fail(fmt.Errorf("no case %q", name))
	}
	if calls > bench.Places {
		fail(fmt.Errorf("-calls %d: want at most %d", calls, bench.Places))
	}
	call, _ := cases[i].Open(make(chan struct{})) // never opened: what was queued ends with the process
	for range calls {
		call()
	}
}
