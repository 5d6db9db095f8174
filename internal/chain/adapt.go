package chain

import (
	"context"
	"log/slog"
)

// Adapt returns h as a Handler. A handler that does not know roots receives them as the first attributes of the record,
// at the root even when its logger is in a group: from the first WithGroup on, groups and attributes are held back and
// put around the record's own when a record with a root comes.
func Adapt(h slog.Handler) Handler {
	if c, ok := h.(Handler); ok {
		return c
	}
	return &adapter{plain: h, base: h}
}

// adapter keeps the foreign handler twice: plain has seen every With call and takes records without a root; base has
// seen those before the first WithGroup, and held has the others, latest first.
type adapter struct {
	plain, base slog.Handler
	held        *with
}

type with struct {
	group string
	attrs []slog.Attr
	prev  *with
}

func (a *adapter) Enabled(ctx context.Context, l slog.Level) bool { return a.plain.Enabled(ctx, l) }

func (a *adapter) Handle(ctx context.Context, r slog.Record) error { return a.plain.Handle(ctx, r) }

func (a *adapter) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return a
	}
	n := &adapter{plain: a.plain.WithAttrs(attrs)}
	if a.held == nil {
		n.base = n.plain
	} else {
		n.base, n.held = a.base, &with{attrs: attrs, prev: a.held}
	}
	return n
}

func (a *adapter) WithGroup(name string) slog.Handler {
	if name == "" {
		return a
	}
	return &adapter{plain: a.plain.WithGroup(name), base: a.base, held: &with{group: name, prev: a.held}}
}

func (a *adapter) HandleRoot(ctx context.Context, r slog.Record, root Root) error {
	if root.Empty() {
		return a.plain.Handle(ctx, r)
	}
	n := root.Len()
	attrs := make([]slog.Attr, n, n+r.NumAttrs()+1)
	attrs = root.Append(attrs[:0])
	own := len(attrs)
	r.Attrs(func(at slog.Attr) bool {
		attrs = append(attrs, at)
		return true
	})
	if a.held != nil {
		attrs = append(attrs[:own:own], a.held.wrap(attrs[own:])...)
	}
	for i := own; i < len(attrs); i++ {
		if taken(attrs[:own], attrs[i].Key) {
			attrs[i].Key = CollisionPrefix + attrs[i].Key
		}
	}
	nr := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	nr.AddAttrs(attrs...)
	return a.base.Handle(ctx, nr)
}

// CollisionPrefix is put before the key of a user's attribute that has the name of a root attribute.
const CollisionPrefix = "attr."

func taken(root []slog.Attr, key string) bool {
	for i := range root {
		if root[i].Key == key {
			return true
		}
	}
	return false
}

// wrap puts the groups and attributes that were held back around attrs, which it does not write to.
func (w *with) wrap(attrs []slog.Attr) []slog.Attr {
	for ; w != nil; w = w.prev {
		if w.group != "" {
			attrs = []slog.Attr{{Key: w.group, Value: slog.GroupValue(attrs...)}}
			continue
		}
		attrs = append(w.attrs[:len(w.attrs):len(w.attrs)], attrs...)
	}
	return attrs
}
