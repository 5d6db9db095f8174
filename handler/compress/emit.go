package compress

import (
	"context"
	"log/slog"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// The keys at the root of a collapsed record.
const (
	KeyCount    = "count"
	KeyFirst    = "first_occurrence"
	KeyLast     = "last_occurrence"
	KeyTemplate = "template"
	KeySample   = "sample"
	KeySummary  = "summary"
)

// run hands windows on until the handler is closed and nothing is left.
func (c *core) run() {
	finished := false
	defer func() {
		if !finished { // the next handler called runtime.Goexit: another goroutine takes over
			go c.run()
			return
		}
		close(c.done)
	}()
	for {
		w, closed := c.next()
		switch {
		case w != nil:
			c.emit(w)
		case closed:
			finished = true
			return
		default:
			select {
			case <-c.wake:
			case <-c.timer.C:
				c.expire()
			}
		}
	}
}

// next takes the window that ended first, nil for none.
func (c *core) next() (w *window, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return nil, c.closed
	}
	w = c.waiting[0]
	c.waiting = append(c.waiting[:0], c.waiting[1:]...)
	return w, false
}

// expire ends the open window when its time has come.
func (c *core) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open.records == 0 {
		return
	}
	if left := c.opts.Interval - time.Since(c.open.since); left > 0 {
		c.timer.Reset(left) // it was set for an earlier window
		return
	}
	c.end()
}

// emit hands on what a window holds and takes it back. A window whose hand-over runtime.Goexit cut short counts the rest as
// failed.
func (c *core) emit(w *window) {
	at := 0
	defer func() {
		for ; at < len(w.entries); at++ {
			c.books.lose(w.stands(at))
		}
		w.reset()
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.free) < maxWaiting {
			c.free = append(c.free, w)
		}
		c.emitted++
		c.answer()
	}()
	for ; at < len(w.entries); at++ {
		e := &w.entries[at]
		if e.gone {
			continue
		}
		g := &w.groups[e.group]
		collapsed := g.count > c.opts.Threshold
		var err error
		if collapsed {
			ctx, r, root := g.record(e)
			err = c.deliver(ctx, c.base, r, root)
		} else {
			err = c.deliver(e.ctx, e.next, e.record, e.root)
		}
		switch {
		case err != nil:
			c.books.lose(w.stands(at))
			c.errs.Report(err)
		case collapsed:
			c.books.groups.Add(1)
			c.books.collapsed.Add(uint64(g.count - 1))
			c.books.delivered.Add(1)
		default:
			c.books.delivered.Add(1)
		}
	}
}

// stands is how many records were handed in for what entry i hands on.
func (w *window) stands(i int) uint64 {
	e := &w.entries[i]
	if e.gone {
		return 0
	}
	if g := &w.groups[e.group]; g.entries[0] == i && len(g.entries) == 1 {
		return uint64(g.count)
	}
	return 1
}

// record makes the one record of a group whose first is e.
func (g *group) record(e *entry) (context.Context, slog.Record, chain.Root) {
	text := g.template.String()
	root := chain.Root{Static: e.root.Static, Mask: e.root.Mask}
	own := make([]slog.Attr, 0, len(e.root.Record)+e.record.NumAttrs())
	if !g.mixed {
		root.Scope, root.Key = e.root.Scope, e.root.Key
	} else {
		own = append(own, e.root.Scope.Attrs()...)
	}
	own = append(own, e.root.Record...)
	outer := len(own)
	e.record.Attrs(func(a slog.Attr) bool {
		own = append(own, a)
		return true
	})
	with := e.with.around(own[outer:])
	sample := append(own[:outer:outer], with...)

	switch {
	case g.weight > float64(g.count):
		root.Rate = float64(g.count) / g.weight
	case e.root.Rate > 0:
		root.Rate = 1
	}
	root.Record = make([]slog.Attr, 0, 6)
	root.Record = append(root.Record, slog.Int(KeyCount, g.count), slog.Time(KeyFirst, g.first), slog.Time(KeyLast, g.last), slog.String(KeyTemplate, text))
	if len(sample) > 0 {
		root.Record = append(root.Record, slog.Attr{Key: KeySample, Value: slog.GroupValue(sample...)})
	}
	c := cursor{list: g.numbers}
	if summary := c.summary(with); len(summary) > 0 {
		root.Record = append(root.Record, slog.Attr{Key: KeySummary, Value: slog.GroupValue(summary...)})
	}
	ctx := e.ctx
	if g.mixed {
		ctx = context.Background() // it would name the first record's request
	}
	return ctx, slog.NewRecord(e.record.Time, e.record.Level, text, e.record.PC), root
}
