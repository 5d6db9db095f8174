package async

import (
	"context"
	"fmt"
	"runtime"
)

// flush asks a worker to tell when the records before a position are out of its hands.
type flush struct {
	before uint64
	done   chan struct{}
}

// Flush returns when all records accepted before the call have been handed on (or evicted, and counted). When ctx ends
// first, the error says how many have not, and wraps ctx's. A next handler that calls Flush waits for itself, until ctx
// ends. Flush is of this queue alone: what the next handler buffers is flushed there.
func (h *Handler) Flush(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	asked := make([]flush, len(c.lanes))
	for i := range c.lanes {
		asked[i] = c.lanes[i].ask()
	}
	for i := range asked {
		select {
		case <-asked[i].done:
			continue
		case <-c.lanes[i].ended:
			continue
		default:
		}
		select {
		case <-asked[i].done:
		case <-c.lanes[i].ended:
		case <-ctx.Done():
			var left uint64
			for i := range c.lanes {
				left += c.lanes[i].left(asked[i].before)
			}
			return fmt.Errorf("async: flush: %d records not handed on yet: %w", left, ctx.Err())
		}
	}
	return nil
}

func (l *lane) ask() flush {
	f := flush{before: l.end(), done: make(chan struct{})}
	// A worker that does not run, seen after the head, has nothing in its hands.
	if l.head.Load() >= f.before && l.state.Load() != running {
		close(f.done)
		return f
	}
	l.mu.Lock()
	l.flushes = append(l.flushes, f)
	l.asked.Store(true)
	l.mu.Unlock()
	l.rouse()
	return f
}

// answer tells those whose records are handed on. The worker calls it with empty hands.
func (l *lane) answer() {
	if !l.asked.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	head := l.head.Load()
	open := l.flushes[:0]
	for _, f := range l.flushes {
		if f.before <= head {
			close(f.done)
		} else {
			open = append(open, f)
		}
	}
	clear(l.flushes[len(open):])
	l.flushes = open
	l.asked.Store(len(open) > 0)
}

// left is how many records before a position have not been settled.
func (l *lane) left(before uint64) uint64 {
	settled := l.settled()
	if settled >= before {
		return 0
	}
	return before - settled
}

// Close refuses further records, hands on those that were accepted, reports the drops not yet reported, and ends the
// workers. When ctx ends first, the records that no worker has taken are dropped and counted, and the error says how
// many were, and how many are still in the hands of the next handler; a later call waits for those. Idempotent. A next
// handler that calls Close waits for itself, until ctx ends.
func (h *Handler) Close(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	c.once.Do(func() {
		for i := range c.lanes {
			c.lanes[i].close()
		}
		close(c.closing)
		for i := range c.lanes {
			c.lanes[i].rouse()
		}
	})
	select {
	case <-c.ended:
		return nil
	default:
	}
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
	}
	dropped := 0
	for i := range c.lanes {
		dropped += c.lanes[i].abandon()
	}
	return fmt.Errorf("async: close: %d records dropped, %d still in the next handler: %w", dropped, h.Stats().Queued, ctx.Err())
}

// abandon drops what is in the closed ring.
func (l *lane) abandon() (dropped int) {
	var it item
	for l.head.Load() != l.end() {
		if l.take(&it, false) != done {
			runtime.Gosched() // a record is being written at this moment
			continue
		}
		dropped++
		l.drop(dropClosed, it.record.Level)
	}
	return dropped
}
