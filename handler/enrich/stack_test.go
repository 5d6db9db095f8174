package enrich

import (
	"runtime"
	"sync"
	"testing"
)

func TestT17_StackTextsAreRememberedAndBounded(t *testing.T) {
	var c stackCache
	var pcs [8]uintptr
	n := runtime.Callers(1, pcs[:])
	want := formatStack(pcs[:n])
	for range 2 {
		if got := c.text(pcs[:n]); got != want {
			t.Errorf("text is %q, want %q", got, want)
		}
	}
	if len(c.texts) != 1 {
		t.Errorf("%d texts remembered, want 1", len(c.texts))
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range maxStacks {
				c.text([]uintptr{uintptr(g*maxStacks + i)})
			}
		})
	}
	wg.Wait()
	if len(c.texts) > maxStacks {
		t.Errorf("%d texts remembered, want at most %d", len(c.texts), maxStacks)
	}
	if got := c.text(pcs[:n]); got != want {
		t.Errorf("text is %q after others, want %q", got, want)
	}
}
