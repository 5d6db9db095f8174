package scope

import (
	"context"
	"sync"
	"testing"
)

func TestFromAContextWithoutScopeIsNil(t *testing.T) {
	if s := From(nil); s != nil { //nolint:staticcheck // a nil context is what is tested
		t.Errorf("nil context: %+v", s)
	}
	if s := From(context.Background()); s != nil || s.Attrs() != nil {
		t.Errorf("empty context: %+v", s)
	}
	want := new(Scope)
	if s := From(NewContext(context.Background(), want)); s != want {
		t.Errorf("%p, want %p", s, want)
	}
}

func TestLifeKeepsStateUntilItsEnd(t *testing.T) {
	var l Life
	made := 0
	create := func() any { made++; return made }
	if a, b := l.Load("k", create), l.Load("k", create); a != 1 || b != 1 {
		t.Errorf("state %v then %v, want the same", a, b)
	}
	l.End()
	if v := l.Load("k", create); v != nil || made != 1 {
		t.Errorf("state %v after the end (%d made), want nil", v, made)
	}
}

func TestLifeEndCallsEveryFunctionOnce(t *testing.T) {
	var l Life
	var calls []int
	l.OnEnd(func() { calls = append(calls, 1) })
	l.OnEnd(func() { panic("boom") })
	l.OnEnd(func() { calls = append(calls, 3) })
	before := endErrors.Count()
	l.End()
	l.End()
	if len(calls) != 2 || calls[0] != 1 || calls[1] != 3 {
		t.Errorf("called %v, want [1 3]", calls)
	}
	if n := endErrors.Count() - before; n != 1 {
		t.Errorf("%d panics reported, want 1", n)
	}
	l.OnEnd(func() { calls = append(calls, 4) })
	if len(calls) != 3 {
		t.Error("a function handed over after the end was not called")
	}
}

func TestLifeIsSafeForConcurrentUse(t *testing.T) {
	var l Life
	var mu sync.Mutex
	ended := 0
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			l.Load("k", func() any { return 1 })
			l.OnEnd(func() { mu.Lock(); ended++; mu.Unlock() })
			l.End()
		})
	}
	wg.Wait()
	if ended != 16 {
		t.Errorf("%d functions called, want 16", ended)
	}
}
