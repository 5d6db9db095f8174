package scope

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func here() uintptr {
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:])
	return pcs[0]
}

func TestSitesAreListedByCount(t *testing.T) {
	var s Sites
	_, _, line, _ := runtime.Caller(0)
	a, b := here(), here() // one line
	c := here()
	for range 3 {
		s.Add(a)
	}
	s.Add(b)
	s.Add(c)
	s.Add(c)
	s.Add(0)
	list := s.List()
	if len(list) != 3 {
		t.Fatalf("sites:\n%s", list)
	}
	for i, want := range []string{fmt.Sprintf("sites_test.go:%d 4", line+1), fmt.Sprintf("sites_test.go:%d 2", line+2), "(unknown place) 1"} {
		if got := list[i].String(); !strings.HasSuffix(got, want) {
			t.Errorf("site %d is %q, want …%q", i, got, want)
		}
	}
	if got := list.String(); strings.Count(got, "\n") != 3 {
		t.Errorf("list has %d lines, want 3:\n%s", strings.Count(got, "\n"), got)
	}
	if !strings.HasSuffix(list[0].Function, "TestSitesAreListedByCount") {
		t.Errorf("function %q", list[0].Function)
	}
}

func TestT17_SitesAreBoundedAndNothingIsLost(t *testing.T) {
	var s Sites
	const places = 5 * maxSites
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range uintptr(places) {
				s.Add(i + 1)
			}
		})
	}
	wg.Wait()
	var sum uint64
	for _, site := range s.List() {
		sum += site.Count
	}
	if sum != 4*places {
		t.Errorf("%d counted, want %d", sum, 4*places)
	}
	if s.other.Load() == 0 {
		t.Error("nothing was counted together: the test does not fill the table")
	}
}

func TestSitesAddDoesNotAllocate(t *testing.T) {
	var s Sites
	pc := here()
	if n := testing.AllocsPerRun(100, func() { s.Add(pc) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkSitesAdd(b *testing.B) {
	var s Sites
	pc := here()
	for b.Loop() {
		s.Add(pc)
	}
}
