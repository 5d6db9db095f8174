//go:build !race

package scan

import "testing"

func TestCleanTextDoesNotAllocate(t *testing.T) {
	s := New(DefaultKinds())
	dst := make([]Match, 0, 8)
	for _, text := range []string{"GET /a%20b%2Fc?x=%7B1%7D&y=%2540 200", `{"a":"x\u003d1 \u0040 \\u002b"}`} {
		if n := testing.AllocsPerRun(100, func() { s.Append(dst, text) }); n > 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
	for _, r := range Rules() {
		for _, text := range r.Others {
			if n := testing.AllocsPerRun(10, func() { s.Append(dst, text) }); n > 0 {
				t.Errorf("%q: %v allocations", text, n)
			}
		}
	}
}
