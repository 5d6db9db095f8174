package sluice

import (
	"context"
	"errors"
	"log/slog"

	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/internal/chain"
)

// ownRecords takes the records that a stage makes itself, past the sampler. They are counted in, as those of callers are, and their errors
// are the stack's: the caller whose record was the occasion has no part in them.
type ownRecords struct {
	stack *Stack
	gen   *generation
	next  chain.Handler
}

func (o *ownRecords) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= o.stack.level.Level() && o.next.Enabled(ctx, l)
}

func (o *ownRecords) Handle(ctx context.Context, r slog.Record) error {
	return o.HandleRoot(ctx, r, chain.Root{})
}

func (o *ownRecords) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	o.stack.accepted.Add(1)
	if err := o.next.HandleRoot(ctx, r, root); err != nil {
		o.stack.report(err)
		if o.gen.queue != nil && errors.Is(err, async.ErrClosed) {
			o.stack.settle(o.gen, false)
		}
	}
	return nil
}

func (o *ownRecords) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &ownRecords{o.stack, o.gen, chain.Adapt(o.next.WithAttrs(attrs))}
}

func (o *ownRecords) WithGroup(name string) slog.Handler {
	return &ownRecords{o.stack, o.gen, chain.Adapt(o.next.WithGroup(name))}
}
