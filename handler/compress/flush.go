package compress

import (
	"context"
	"fmt"
)

// flush waits until so many windows have been handed on.
type flush struct {
	windows uint64
	done    chan struct{}
}

// Flush ends the window and returns when all records that came before the call have been handed on. When ctx ends first,
// the error says how many have not, and wraps ctx's. A next handler that calls Flush waits for itself, until ctx ends.
// Flush is of this handler alone: what the next handler buffers is flushed there.
func (h *Handler) Flush(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	c.mu.Lock()
	c.end()
	f := flush{windows: c.ended, done: make(chan struct{})}
	c.flushes = append(c.flushes, f)
	c.answer()
	c.mu.Unlock()
	select {
	case <-f.done:
		return nil
	default:
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("compress: flush: %d records not handed on yet: %w", h.Stats().Held, ctx.Err())
	}
}

// answer tells those whose windows have been handed on. Called with the lock held.
func (c *core) answer() {
	open := c.flushes[:0]
	for _, f := range c.flushes {
		if f.windows <= c.emitted {
			close(f.done)
		} else {
			open = append(open, f)
		}
	}
	clear(c.flushes[len(open):])
	c.flushes = open
}

// Close refuses further records, hands on those that are held, and ends the goroutine. When ctx ends first, the error says
// how many records are not handed on yet; they are while the program runs, and a later call waits for them. Idempotent. A
// next handler that calls Close waits for itself, until ctx ends.
func (h *Handler) Close(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		c.end()
		c.timer.Stop()
		c.rouse()
	}
	c.mu.Unlock()
	select {
	case <-c.done:
		return nil
	default:
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("compress: close: %d records not handed on yet: %w", h.Stats().Held, ctx.Err())
	}
}
