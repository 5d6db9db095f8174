//go:build !race

package template

import "testing"

func TestAKnownTemplateCostsNoAllocation(t *testing.T) {
	m := NewMiner(nil)
	for _, w := range []string{"a", "b", "c", "d", "e", "f"} {
		m.Match("stage " + w + " failed")
	}
	messages := []string{"request received", "took 20ms for /x/y and 7 of \"a b\"", "stage decode failed", "stage never-seen failed"}
	for _, msg := range messages {
		m.Match(msg)
	}
	if n := testing.AllocsPerRun(100, func() {
		for _, msg := range messages {
			m.Match(msg)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
