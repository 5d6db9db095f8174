package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"time"
)

// recorder keeps which data are asked for.
type recorder struct {
	next http.Handler
	mu   sync.Mutex
	urls []string // since the page itself was asked for
}

// ServeHTTP notes the request and has next answer it.
func (s *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch {
	case r.URL.Path == "/":
		s.urls = nil
	case strings.HasPrefix(r.URL.Path, "/api/"):
		s.urls = append(s.urls, r.URL.String())
	}
	s.mu.Unlock()
	s.next.ServeHTTP(w, r)
}

// last returns what the page asked for that was loaded last.
func (s *recorder) last() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.urls...)
}

// replay makes requests one after the other, in rounds, and prints what they took.
func (s *recorder) replay(urls []string, rounds int) error {
	took := map[string][]taken{}
	sums := make([]taken, rounds)
	for i := range rounds {
		for _, u := range urls {
			began, used := time.Now(), cpuTime()
			w := httptest.NewRecorder()
			s.next.ServeHTTP(w, httptest.NewRequest(http.MethodGet, u, nil))
			t := taken{milliseconds(time.Since(began)), milliseconds(cpuTime() - used)}
			if w.Code != http.StatusOK {
				return fmt.Errorf("%s: %d %s", u, w.Code, w.Body)
			}
			took[u] = append(took[u], t)
			sums[i].wall += t.wall
			sums[i].cpu += t.cpu
		}
	}
	for _, u := range urls {
		path, _, _ := strings.Cut(u, "?")
		row("server: "+path, took[u])
	}
	row("server: all of them, added up", sums)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// cpuTime is what the process has used of its processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
