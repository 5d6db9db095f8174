package correlate

import (
	"context"
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/freeze"
	"github.com/sluicelog/sluice/internal/scope"
)

// Attrs returns a context whose records carry attrs at their root, after the identifiers and the attributes that ctx
// has already; one with the key of an earlier one replaces it. LogValuers are resolved and values that could change are
// copied now, once for all records. An attribute with the key of an identifier is kept as attr.<key>.
func Attrs(ctx context.Context, attrs ...slog.Attr) context.Context {
	base := scope.From(ctx)
	var had []slog.Attr
	if base != nil {
		had = base.Extra
	}
	all := make([]slog.Attr, len(had), len(had)+len(attrs))
	copy(all, had)
	all = merge(all, freeze.Attrs(attrs))
	if len(all) == 0 {
		return ctx
	}
	s := derive(base)
	s.Extra = all
	follow(ctx, s)
	return enter(ctx, s)
}

// merge adds attrs to dst, which the caller owns, as slog's rules have it: no empty attributes and groups, groups without
// a key inlined.
func merge(dst, attrs []slog.Attr) []slog.Attr {
next:
	for _, a := range attrs {
		if a.Value.Kind() == slog.KindGroup {
			group := a.Value.Group()
			if a.Key == "" {
				dst = merge(dst, group)
				continue
			}
			if len(group) == 0 {
				continue
			}
		}
		if a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil {
			continue
		}
		if scope.Reserved(a.Key) {
			a.Key = chain.CollisionPrefix + a.Key
		}
		for i := range dst {
			if dst[i].Key == a.Key {
				dst[i].Value = a.Value
				continue next
			}
		}
		dst = append(dst, a)
	}
	return dst
}
