package opensearch

import (
	"context"
	"strings"
)

// prepare calls Options.Prepare until it succeeds. It goes through the circuit as a request does; there is no other one before.
func (c *core) prepare() {
	defer c.preparer.Done()
	for c.circuit.enter(c.ctx) {
		ctx, cancel := context.WithTimeout(c.ctx, c.opts.Timeout)
		err := c.opts.Prepare(ctx)
		cancel()
		switch {
		case err == nil:
			c.circuit.succeeded()
			close(c.prepared)
			return
		case c.ctx.Err() != nil:
			return
		}
		c.errs.report(&Error{
			Stream: c.stream.name, Documents: int(c.stats().Queued), Retried: true, Reason: strings.TrimPrefix(err.Error(), "opensearch: "), Err: err,
		})
		c.circuit.failed()
	}
}

// awaitPrepared waits until documents may be sent; false when the handler is closed first.
func (c *core) awaitPrepared() bool {
	select {
	case <-c.prepared:
		return true
	default:
	}
	select {
	case <-c.prepared:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// unprepared says whether Options.Prepare has not succeeded yet.
func (c *core) unprepared() bool {
	select {
	case <-c.prepared:
		return false
	default:
		return true
	}
}
