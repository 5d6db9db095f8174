package sluice

import (
	"context"
	"sync"
	"sync/atomic"
)

// gate lets calls in until it is shut, and tells when the last has left. Unlike a read lock, a call that is in may lead to another.
type gate struct {
	state atomic.Int64 // the calls that are in, with shutBit once it is shut
	once  sync.Once
	empty chan struct{} // closed when it is shut and all have left
}

const shutBit = 1 << 62

func newGate() *gate { return &gate{empty: make(chan struct{})} }

// enter says whether the caller is in, who then leaves.
func (g *gate) enter() bool {
	if g.state.Add(1)&shutBit == 0 {
		return true
	}
	g.leave()
	return false
}

func (g *gate) leave() {
	if g.state.Add(-1) == shutBit {
		g.once.Do(func() { close(g.empty) })
	}
}

// shut lets no further call in and waits for those that are, bounded by ctx.
func (g *gate) shut(ctx context.Context) error {
	g.state.Add(1)
	g.state.Or(shutBit)
	g.leave()
	select {
	case <-g.empty:
		return nil
	default:
	}
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deserted says whether the gate is shut and all have left.
func (g *gate) deserted() bool { return g.state.Load() == shutBit }
