package entity

import (
	"log/slog"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// maxDepth is how deep groups are looked into, as in package mask: what is deeper has been cut there.
const (
	maxDepth    = 100
	markDepth   = "[DEPTH_LIMIT_EXCEEDED]"
	markUnknown = "[UNINSPECTED]"
)

// record masks r, whose logger is in a group.
func (m *Masker) record(r *slog.Record, group string) {
	if msg, changed := m.text(r.Message, tag.Key{}); changed {
		r.Message = msg
	}
	var out []slog.Attr
	i := 0
	r.Attrs(func(a slog.Attr) bool {
		v, changed := m.attr(group, &a, 0)
		if changed && out == nil {
			out = make([]slog.Attr, 0, r.NumAttrs())
			r.Attrs(func(b slog.Attr) bool {
				if len(out) == i {
					return false
				}
				out = append(out, b)
				return true
			})
		}
		if changed {
			a.Value = v
		}
		if out != nil {
			out = append(out, a)
		}
		i++
		return true
	})
	if out != nil {
		nr := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
		nr.AddAttrs(out...)
		*r = nr
	}
}

// attrs returns attrs masked; attrs itself when nothing changes.
func (m *Masker) attrs(group string, attrs []slog.Attr, depth int) []slog.Attr {
	var out []slog.Attr
	for i := range attrs {
		v, changed := m.attr(group, &attrs[i], depth)
		if changed && out == nil {
			out = append(make([]slog.Attr, 0, len(attrs)), attrs[:i]...)
		}
		if out == nil {
			continue
		}
		a := attrs[i]
		if changed {
			a.Value = v
		}
		out = append(out, a)
	}
	if out == nil {
		return attrs
	}
	return out
}

// attr returns the value of an attribute masked, and whether that is another one.
func (m *Masker) attr(group string, a *slog.Attr, depth int) (slog.Value, bool) {
	switch a.Value.Kind() {
	case slog.KindString:
		s, changed := m.text(a.Value.String(), m.keys.judge(group, a.Key))
		if !changed {
			return slog.Value{}, false
		}
		return slog.StringValue(s), true
	case slog.KindGroup:
		attrs := a.Value.Group()
		if len(attrs) == 0 {
			return slog.Value{}, false
		}
		if depth >= maxDepth {
			m.unseen.Add(1)
			return slog.StringValue(markDepth), true
		}
		in := a.Key
		if in == "" {
			in = group
		}
		out := m.attrs(in, attrs, depth+1)
		if &out[0] == &attrs[0] {
			return slog.Value{}, false
		}
		return slog.GroupValue(out...), true
	case slog.KindLogValuer:
		r := slog.Attr{Key: a.Key, Value: a.Value.Resolve()}
		if v, changed := m.attr(group, &r, depth); changed {
			return v, true
		}
		return r.Value, true
	case slog.KindAny:
		return m.any(a.Value.Any(), m.keys.judge(group, a.Key), a.Key)
	}
	return slog.Value{}, false
}
