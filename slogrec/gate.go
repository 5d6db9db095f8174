package slogrec

import "sync"

// Gate holds callers until it is opened: a sink that hangs. The zero Gate is shut and ready. It must not be copied. Safe
// for concurrent use.
type Gate struct {
	mu      sync.Mutex
	changed *sync.Cond
	open    bool
	passes  int
	waiting int
}

// lock returns with the lock held and changed made.
func (g *Gate) lock() {
	g.mu.Lock()
	if g.changed == nil {
		g.changed = sync.NewCond(&g.mu)
	}
}

func (g *Gate) pass() {
	g.lock()
	defer g.mu.Unlock()
	g.waiting++
	g.changed.Broadcast()
	for !g.open && g.passes == 0 {
		g.changed.Wait()
	}
	g.waiting--
	if !g.open {
		g.passes--
	}
}

// Open lets everybody through from now on.
func (g *Gate) Open() {
	g.lock()
	defer g.mu.Unlock()
	g.open = true
	g.changed.Broadcast()
}

// Shut holds those who come from now on; passes that nobody used are void.
func (g *Gate) Shut() {
	g.lock()
	defer g.mu.Unlock()
	g.open, g.passes = false, 0
}

// Pass lets n callers through, those who wait or those who come.
func (g *Gate) Pass(n int) {
	g.lock()
	defer g.mu.Unlock()
	g.passes += max(n, 0)
	g.changed.Broadcast()
}

// Waiting is the number of callers who are held now.
func (g *Gate) Waiting() int {
	g.lock()
	defer g.mu.Unlock()
	return g.waiting
}

// Await returns once at least n callers are held.
func (g *Gate) Await(n int) {
	g.lock()
	defer g.mu.Unlock()
	for g.waiting < n {
		g.changed.Wait()
	}
}
