package opensearch

import (
	"context"
	"errors"
	"fmt"
)

// Flush returns when every record accepted before the call is settled: delivered, or given up. When ctx ends first, the
// error says how many are not, and wraps ctx's. It does not hold up records that come meanwhile.
func (h *Handler) Flush(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	if c.spool != nil {
		return c.spool.flush(ctx)
	}
	for _, e := range c.q.marks() {
		select {
		case <-e.done:
			continue
		default:
		}
		select {
		case <-e.done:
		case <-c.ended:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("opensearch: flush: %d records not delivered yet: %w", h.Stats().Queued, ctx.Err())
		}
	}
	return nil
}

// Close refuses further records, delivers those that were accepted, and ends goroutines and connections. When ctx ends first,
// what is left stays in the spool, or, without one, goes to the dead letters, or, without these, is dropped and counted; the error
// says how many. Idempotent.
func (h *Handler) Close(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	c.ending.Do(func() {
		c.closed.Store(true)
		go func() {
			if c.spool != nil {
				c.spool.drain()
			}
			c.q.close()
			c.workers.Wait()
			c.cancel()
			c.preparer.Wait()
			for _, b := range c.q.rest() {
				c.abandon(b)
			}
			if c.spool != nil {
				c.endErr = c.spool.end()
			}
			c.endErr = errors.Join(c.endErr, c.dead.close(), c.client.Close())
			close(c.ended)
		}()
	})
	select {
	case <-c.ended:
		return c.endErr
	default:
	}
	select {
	case <-c.ended:
		return c.endErr
	case <-ctx.Done():
	}
	left := h.Stats().Queued
	c.cancel()
	c.q.stop()
	<-c.ended // requests have been cut off
	err := fmt.Errorf("opensearch: close: %d records not delivered, %s: %w", left, c.whereabouts(), ctx.Err())
	return errors.Join(err, c.endErr)
}

// whereabouts is where the records are that Close leaves.
func (c *core) whereabouts() string {
	switch {
	case c.spooled():
		return "they stay in the spool"
	case c.dead.file != nil:
		return "they are in the dead letters"
	}
	return "they are dropped"
}
