package enrich

import (
	"log/slog"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// Record is a log record as an [Enricher] sees it: the record, the attributes and groups of its logger, and what is
// already at its root. It is read-only, and valid during the call alone: what is behind it is used again.
type Record struct{ v *view }

// view is what is behind a Record, and the slice that enrichers append to. Views are pooled, so that enrichers that add
// nothing cost no allocation.
type view struct {
	rec  slog.Record
	root chain.Root // without what is made of the record's error
	with *with
	err  error
	dst  []slog.Attr
}

// Time is the time of the record, zero when it has none.
func (r Record) Time() time.Time { return r.v.rec.Time }

// Level is the level of the record.
func (r Record) Level() slog.Level { return r.v.rec.Level }

// Message is the message of the record; masked when a mask stands before the enricher.
func (r Record) Message() string { return r.v.rec.Message }

// PC is the program counter of the log call, 0 for unknown.
func (r Record) PC() uintptr { return r.v.rec.PC }

// Err is the error that the record carries, nil for none: its attribute "err" or "error", else the first that holds one.
func (r Record) Err() error { return r.v.err }

// Attr looks an attribute up by its key, or by its path through groups ("request.method"), and returns its value,
// resolved. A path starts at the root of the record or in the group in which the attribute was added, so that both
// "http.status" and "status" find the status of a logger in group http. What is at the root already comes first (what
// other enrichers added, the request's identifiers and attributes, the process's), then the record's own attributes,
// then its logger's, latest first. Among equal keys the last counts.
func (r Record) Attr(path string) (slog.Value, bool) {
	v := r.v
	for _, attrs := range [...][]slog.Attr{v.dst, v.root.Record, v.root.Scope.Attrs(), v.root.Static.Attrs()} {
		if val, ok := lookup(attrs, path); ok {
			return val, true
		}
	}
	inner, inside := v.with.cut(path)
	var (
		found slog.Value
		ok    bool
	)
	v.rec.Attrs(func(a slog.Attr) bool {
		if leads(a.Key, path) {
			if val, is := match(a, path); is {
				found, ok = val, true
				return true
			}
		}
		if inside && leads(a.Key, inner) {
			if val, is := match(a, inner); is {
				found, ok = val, true
			}
		}
		return true
	})
	if ok {
		return found, true
	}
	for w := v.with; w != nil; w = w.prev {
		if val, ok := lookup(w.attrs, path); ok {
			return val, true
		}
		if inner, inside := w.cut(path); inside {
			if val, ok := lookup(w.attrs, inner); ok {
				return val, true
			}
		}
	}
	return slog.Value{}, false
}

// leads says, cheaply, whether path may lead to or through an attribute of that key.
func leads(key, path string) bool {
	n := len(key)
	return n == len(path) && key == path || n < len(path) && (n == 0 || path[n] == '.')
}

// lookup finds path in attrs, the last first.
func lookup(attrs []slog.Attr, path string) (slog.Value, bool) {
	for i := len(attrs) - 1; i >= 0; i-- {
		if leads(attrs[i].Key, path) {
			if v, ok := match(attrs[i], path); ok {
				return v, true
			}
		}
	}
	return slog.Value{}, false
}

// match finds path in one attribute that leads to it: its key, or the start of the path when it is a group.
func match(a slog.Attr, path string) (slog.Value, bool) {
	n := len(a.Key)
	switch {
	case n == len(path):
		return a.Value.Resolve(), n > 0
	case n > 0 && path[:n] == a.Key:
		path = path[n+1:]
	case n > 0:
		return slog.Value{}, false
	}
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		return slog.Value{}, false
	}
	return lookup(v.Group(), path)
}

// with is one WithAttrs or WithGroup of a logger, latest first. Immutable.
type with struct {
	prefix string // the open groups, each followed by a dot
	attrs  []slog.Attr
	prev   *with
}

func (w *with) grow(attrs []slog.Attr) *with {
	n := &with{attrs: attrs, prev: w}
	if w != nil {
		n.prefix = w.prefix
	}
	return n
}

func (w *with) group(name string) *with {
	n := &with{prefix: name + ".", prev: w}
	if w != nil {
		n.prefix = w.prefix + n.prefix
	}
	return n
}

// cut takes the open groups from path; ok says that there are some and that path is inside.
func (w *with) cut(path string) (inner string, ok bool) {
	if w == nil || w.prefix == "" {
		return "", false
	}
	return strings.CutPrefix(path, w.prefix)
}
