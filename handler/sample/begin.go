package sample

import (
	"context"

	"github.com/sluicelog/sluice/internal/scope"
)

// Begin starts a unit of work for a [Buffer] where no HTTP request does: a job, a message, a command. Records that are
// logged with the returned context, or with one made from it, belong to the unit until end is called; end must be
// called, and may be more than once. What ctx carries for records stays. Inside of a request the unit is one of its
// own: its error releases its own records.
func Begin(ctx context.Context) (unit context.Context, end func()) {
	if ctx == nil {
		ctx = context.Background()
	}
	var sc scope.Scope
	if outer := scope.From(ctx); outer != nil {
		sc = *outer
	}
	sc.Life = new(scope.Life)
	return scope.NewContext(ctx, &sc), sc.Life.End
}
