package sluice

import (
	"cmp"
	"sync"
)

// late is what sinks that take a record now and settle it later say of the records that they took.
type late struct {
	failed    uint64 // were given up
	dead      uint64 // of them, are kept as dead letters
	collapsed uint64 // are part of another record
	pending   uint64 // wait
	trouble   string // what keeps them from being delivered
}

func (l late) plus(o late) late {
	return late{l.failed + o.failed, l.dead + o.dead, l.collapsed + o.collapsed, l.pending + o.pending, cmp.Or(l.trouble, o.trouble)}
}

// lates are the late figures of each sink, by name. Sinks come and go with reloads; what those said that are gone stays.
type lates struct {
	mu   sync.Mutex
	past map[string]late
	live map[string][]*lateSource
}

type lateSource struct{ figures func() late }

// add has figures asked until the function that it returns is called, when they are final.
func (l *lates) add(name string, figures func() late) (end func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live == nil {
		l.past, l.live = make(map[string]late), make(map[string][]*lateSource)
	}
	src := &lateSource{figures}
	l.live[name] = append(l.live[name], src)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for i, s := range l.live[name] {
			if s == src {
				l.live[name] = append(l.live[name][:i:i], l.live[name][i+1:]...)
				final := figures()
				final.pending, final.trouble = 0, ""
				l.past[name] = l.past[name].plus(final)
				return
			}
		}
	}
}

// of returns the figures of the sink of that name.
func (l *lates) of(name string) late {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := l.past[name]
	for _, s := range l.live[name] {
		sum = sum.plus(s.figures())
	}
	return sum
}

// settle moves records that the sinks took, and did not deliver, out of the delivered ones. One record may be of several sinks,
// whose figures cannot be told apart by record: a failure counts as often as at the sink that fails most, what waits as much as where
// most waits, and a record is collapsed when it is at every sink.
func (s *Stats) settle(of func(name string) late) {
	var failed, pending uint64
	collapsed, first := uint64(0), true
	for name, k := range s.Sinks {
		l := of(name)
		k.Failed += l.failed
		k.DeadLettered = l.dead
		k.Collapsed, k.Pending, k.Trouble = l.collapsed, l.pending, l.trouble
		k.Delivered -= min(k.Delivered, l.failed+l.collapsed+l.pending)
		s.Sinks[name] = k
		failed, pending = max(failed, l.failed), max(pending, l.pending)
		if first || l.collapsed < collapsed {
			collapsed = l.collapsed
		}
		first = false
	}
	take := func(n uint64) uint64 {
		n = min(n, s.Delivered) // a spool may hold records of a process before this one
		s.Delivered -= n
		return n
	}
	s.Failed += take(failed)
	s.Queued += take(pending)
	s.Collapsed += take(collapsed)
}

// neverLess undoes what a record costs that is on its way into a sink, which counts it before the stage in front does: what was
// shown as delivered once stays so.
func neverLess(shown, delivered, waiting *uint64) {
	n := min(*shown-min(*shown, *delivered), *waiting)
	*delivered, *waiting = *delivered+n, *waiting-n
	*shown = max(*shown, *delivered)
}
