package compress

import (
	"hash/maphash"
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
)

// with is one WithGroup or WithAttrs call. Immutable.
type with struct {
	group string
	attrs []slog.Attr // frozen
	prev  *with
	// keys hashes the keys of this and all earlier calls.
	keys uint64
}

var seed = maphash.MakeSeed()

// Marks that stand for the beginning and the end of a group in a hash of keys.
const (
	opens  = 0x9e3779b97f4a7c15
	closes = 0xbf58476d1ce4e5b9
	step   = 1099511628211 // the prime of FNV-1a
)

func (w *with) hash() uint64 {
	if w == nil {
		return opens
	}
	return w.keys
}

func (w *with) withAttrs(attrs []slog.Attr) *with {
	return &with{attrs: attrs, prev: w, keys: hashKeys(w.hash(), attrs)}
}

func (w *with) withGroup(name string) *with {
	return &with{group: name, prev: w, keys: hashKey(w.hash(), name) ^ opens}
}

func hashKey(h uint64, key string) uint64 { return (h ^ maphash.String(seed, key)) * step }

func hashKeys(h uint64, attrs []slog.Attr) uint64 {
	for i := range attrs {
		h = hashAttr(h, &attrs[i])
	}
	return h
}

// hashAttr adds the keys of an attribute and of its members. What handlers leave out is left out.
func hashAttr(h uint64, a *slog.Attr) uint64 {
	switch {
	case a.Value.Kind() == slog.KindGroup:
		members := a.Value.Group()
		if len(members) == 0 {
			return h
		}
		if a.Key == "" {
			return hashKeys(h, members)
		}
		return (hashKeys(hashKey(h, a.Key)^opens, members) ^ closes) * step
	case a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil:
		return h
	}
	return hashKey(h, a.Key)
}

// around returns attrs as members of the groups of w, after its attributes. attrs is not written to.
func (w *with) around(attrs []slog.Attr) []slog.Attr {
	for ; w != nil; w = w.prev {
		if w.group != "" {
			if len(attrs) > 0 {
				attrs = []slog.Attr{{Key: w.group, Value: slog.GroupValue(attrs...)}}
			}
			continue
		}
		attrs = append(w.attrs[:len(w.attrs):len(w.attrs)], attrs...)
	}
	return attrs
}

// rateOf is the rate of a record that a sampler kept and that a foreign handler has written into its attributes.
func rateOf(a *slog.Attr) float64 {
	if len(a.Key) == len(chain.KeySampleRate) && a.Key == chain.KeySampleRate && a.Value.Kind() == slog.KindFloat64 {
		if f := a.Value.Float64(); f > 0 && f < 1 {
			return f
		}
	}
	return 0
}
