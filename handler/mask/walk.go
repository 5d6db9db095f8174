package mask

import (
	"cmp"
	"context"
	"log/slog"
	"sync"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// walker is one walk over a record, an attribute list or a value.
type walker struct {
	m   *Masker
	ctx context.Context // for the detector; nil to do without
	// Inside a value of KindAny the walk is done twice at most, by the same code: first it looks, stopping at the first
	// thing that has to change; then, if there is one, it writes the value's masked form as JSON to buf.
	look  bool
	buf   []byte
	nodes int
	path  []visit
	place []byte // the keys down to where the walk is, for what is counted
	hits  *[]Hit // where what is found is told; nil to count it
	round int    // how many passes over a text came before
}

// walkers are those for walks inside of a value, with room for what they write.
var walkers = sync.Pool{New: func() any { return new(walker) }}

// walker returns a walker that masks what stands under the groups of place; end gives it back.
func (m *Masker) walker(ctx context.Context, place string) *walker {
	w := walkers.Get().(*walker)
	w.m, w.ctx, w.look, w.nodes = m, ctx, false, 0
	w.place = append(w.place[:0], place...)
	return w
}

// begin returns a walker that looks, for a walk inside of what w walks over; end gives it back.
func (w *walker) begin() *walker {
	sub := walkers.Get().(*walker)
	sub.m, sub.ctx, sub.look, sub.nodes, sub.hits = w.m, w.ctx, true, 0, w.hits
	sub.place = append(sub.place[:0], w.place...)
	return sub
}

const maxKept = 64 << 10

func (w *walker) end() {
	buf, path := w.buf[:0], w.path[:0]
	if cap(buf) > maxKept {
		buf = nil
	}
	clear(path[:cap(path)])
	*w = walker{buf: buf, path: path, place: w.place[:0]}
	walkers.Put(w)
}

type outcome uint8

const (
	same outcome = iota
	replaced
	dropped
)

// record masks r. In says what the groups of its logger mean, place is their names. It reports whether all attributes are
// scalars or texts that stay as they are (chain.Root.Plain).
func (m *Masker) record(ctx context.Context, r *slog.Record, in verdict, place string) (plainOnly bool) {
	defer func() {
		if recover() != nil { // never the caller's methods, whose panics are caught one by one
			m.counts.add("UNINSPECTED", messagePlace)
			*r = slog.NewRecord(r.Time, r.Level, markUninspected, r.PC)
		}
	}()
	if msg := r.Message; !m.onlyKinds || !m.texts.has("", msg) && !m.passes("", msg, m.byClass[plain]) {
		w := walker{m: m, ctx: ctx, place: messagePlace}
		if masked, changed := w.text(msg, verdict{}); changed {
			r.Message = masked
		}
	}
	n, more := 0, true // not r.NumAttrs: its receiver is a copy of the record
	if in.class == plain && in.scanner == nil {
		more = false
		// What most attributes are is done with here: scalars, and texts that are remembered.
		r.Attrs(func(a slog.Attr) bool {
			kind := a.Value.Kind()
			if kind == slog.KindString && m.texts.has(a.Key, a.Value.String()) {
				n++
				return true
			}
			e := m.verdicts.remembered(a.Key)
			if e == nil || e.quick == nil {
				more = true
				return false
			}
			ok := true
			switch kind {
			case slog.KindString:
				ok = m.passes(a.Key, a.Value.String(), e.quick)
			case slog.KindInt64:
				ok = uint64(a.Value.Int64()) < leastCard
			case slog.KindUint64:
				ok = a.Value.Uint64() < leastCard
			case slog.KindFloat64:
				f := a.Value.Float64()
				ok = -leastCard < f && f < leastCard
			case slog.KindBool, slog.KindDuration, slog.KindTime:
			default:
				ok = false
			}
			if ok {
				n++
			} else {
				more = true
			}
			return ok
		})
	}
	if !more {
		return true
	}
	rest := m.walker(ctx, place)
	rest.restOfRecord(r, n, in)
	rest.end()
	return false
}

// passes says whether a text under a key has nothing to mask, at little cost; false says nothing.
func (m *Masker) passes(key, s string, scanner *scan.Scanner) bool {
	if s == "" {
		return true
	}
	if len(s) > m.maxText || mayBeJSON(s[0]) || !scanner.Clean(s) {
		return false
	}
	m.texts.keep(key, s)
	return true
}

// restOfRecord masks the attributes of r from number n on, and rebuilds r if any of them changes.
func (w *walker) restOfRecord(r *slog.Record, n int, in verdict) {
	var out []slog.Attr
	rebuilt := false
	i := -1
	r.Attrs(func(a slog.Attr) bool {
		if i++; i < n {
			return true
		}
		na, o := w.attr(&a, in, 0)
		if o != same && !rebuilt {
			rebuilt = true
			out = firstAttrs(r, i)
		}
		if rebuilt {
			if o == same {
				out = append(out, a)
			} else if o == replaced {
				out = append(out, na)
			}
		}
		return true
	})
	if rebuilt {
		nr := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
		nr.AddAttrs(out...)
		*r = nr
	}
}

// firstAttrs returns a slice of the first n attributes of r, with room for all.
func firstAttrs(r *slog.Record, n int) []slog.Attr {
	out := make([]slog.Attr, 0, r.NumAttrs())
	if n > 0 {
		r.Attrs(func(a slog.Attr) bool {
			out = append(out, a)
			return len(out) < n
		})
	}
	return out
}

// attrs returns attrs masked; attrs itself, which is never written to, when nothing changes.
func (w *walker) attrs(attrs []slog.Attr, in verdict, depth int) []slog.Attr {
	for i := range attrs {
		na, o := w.attr(&attrs[i], in, depth)
		if o == same {
			continue
		}
		out := append(make([]slog.Attr, 0, len(attrs)), attrs[:i]...)
		for {
			switch o {
			case same:
				out = append(out, attrs[i])
			case replaced:
				out = append(out, na)
			}
			if i++; i == len(attrs) {
				return out
			}
			na, o = w.attr(&attrs[i], in, depth)
		}
	}
	return attrs
}

// attr masks one attribute; only when it is replaced does the attribute returned mean something.
func (w *walker) attr(a *slog.Attr, in verdict, depth int) (slog.Attr, outcome) {
	v := in
	if a.Key != "" {
		e := w.m.judge(a.Key)
		n := w.at(cmp.Or(e.name, a.Key))
		defer w.back(n)
		v = in.under(e.verdict)
		if e.name != "" && in.class != allowed {
			return w.renamed(a, e.name, v, depth)
		}
	}
	val, o := w.slogValue(&a.Value, v, depth)
	if o != replaced {
		return slog.Attr{}, o
	}
	return slog.Attr{Key: a.Key, Value: val}, replaced
}

// renamed masks an attribute whose key holds a secret.
func (w *walker) renamed(a *slog.Attr, name string, v verdict, depth int) (slog.Attr, outcome) {
	val, o := w.slogValue(&a.Value, v, depth)
	switch o {
	case dropped:
		return slog.Attr{}, dropped
	case same:
		val = a.Value
	}
	return slog.Attr{Key: name, Value: val}, replaced
}

// slogValue masks one value, resolving LogValuers.
func (w *walker) slogValue(val *slog.Value, v verdict, depth int) (slog.Value, outcome) {
	kind := val.Kind()
	if v.class >= secret && kind < slog.KindGroup && kind != slog.KindAny {
		if v.class == secret {
			return w.secretScalar(val, v)
		}
		return slog.Value{}, same
	}
	clean := true
	switch kind {
	case slog.KindString:
		s, changed := w.text(val.String(), v)
		if !changed {
			return slog.Value{}, same
		}
		return slog.StringValue(s), replaced
	case slog.KindBool, slog.KindDuration, slog.KindTime:
	case slog.KindInt64:
		clean = w.cleanNumber(magnitude(val.Int64()), v)
	case slog.KindUint64:
		clean = w.cleanNumber(val.Uint64(), v)
	case slog.KindFloat64:
		clean = w.cleanNumber(wholeFloat(val.Float64()), v)
	case slog.KindGroup:
		return w.group(val.Group(), v, depth)
	case slog.KindLogValuer:
		resolved := val.Resolve()
		out, o := w.slogValue(&resolved, v, depth)
		if o == same {
			return resolved, replaced
		}
		return out, o
	default:
		return w.any(val.Any(), v, depth)
	}
	if clean {
		return slog.Value{}, same
	}
	return slog.StringValue(w.number(v, val.String())), replaced
}

func (w *walker) group(attrs []slog.Attr, v verdict, depth int) (slog.Value, outcome) {
	switch {
	case len(attrs) == 0:
		return slog.Value{}, same
	case v.class == secret && v.action == Drop:
		return slog.Value{}, dropped
	case depth >= w.m.maxDepth:
		w.count("DEPTH_LIMIT")
		return slog.StringValue(markDepth), replaced
	}
	out := w.attrs(attrs, v, depth+1)
	if len(out) == len(attrs) && &out[0] == &attrs[0] {
		return slog.Value{}, same
	}
	return slog.GroupValue(out...), replaced
}

// secretScalar masks a value that is no group, no LogValuer and not of KindAny, under a secret key. An empty text stays
// empty: that a password is missing is no secret.
func (w *walker) secretScalar(val *slog.Value, v verdict) (slog.Value, outcome) {
	s := val.String()
	if val.Kind() == slog.KindString && (s == "" || masked(s)) {
		return slog.Value{}, same
	}
	w.count("KEY")
	if v.action == Drop {
		return slog.Value{}, dropped
	}
	return slog.StringValue(w.m.replacement(v.action, "", s)), replaced
}
