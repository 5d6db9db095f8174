package jsonenc

import (
	"log/slog"
	"strconv"
)

// maxTextDepth is how many levels are written within the text that an object past the depth limit becomes.
const maxTextDepth = 8

// maxSettle bounds how many attributes of a record settle looks into, since a LogValuer may be a group of itself.
// Groups that it has not looked into are taken for not empty.
const maxSettle = 10_000

func (b *Buffer) recordAttrs(r *slog.Record) {
	r.Attrs(func(a slog.Attr) bool {
		b.attr(&a)
		return true
	})
}

// attr writes an attribute; nothing for an empty one or an empty group.
func (b *Buffer) attr(a *slog.Attr) {
	if len(b.B) > b.stop {
		b.left++
		return
	}
	switch a.Value.Kind() {
	case slog.KindString:
		b.key(a.Key)
		b.str(a.Value.String())
	case slog.KindInt64:
		b.key(a.Key)
		b.B = appendInt(b.B, a.Value.Int64())
	case slog.KindUint64:
		b.key(a.Key)
		b.B = appendUint(b.B, a.Value.Uint64())
	case slog.KindFloat64:
		b.key(a.Key)
		b.B = appendFloat(b.B, a.Value.Float64())
	case slog.KindBool:
		b.key(a.Key)
		b.B = strconv.AppendBool(b.B, a.Value.Bool())
	case slog.KindDuration:
		b.key(a.Key)
		b.B = appendInt(b.B, int64(a.Value.Duration()))
	default:
		b.richAttr(a)
	}
}

// richAttr is attr for the kinds of values that are not a single word or text.
func (b *Buffer) richAttr(a *slog.Attr) {
	switch a.Value.Kind() {
	case slog.KindTime:
		b.key(a.Key)
		b.B = append(b.attrTime.append(append(b.B, '"'), a.Value.Time()), '"')
	case slog.KindGroup:
		b.group(a.Key, a.Value.Group())
	case slog.KindLogValuer:
		b.attr(&slog.Attr{Key: a.Key, Value: a.Value.Resolve()})
	default:
		if !written(a) {
			return
		}
		v := a.Value.Any()
		if src, ok := v.(*slog.Source); ok {
			b.group(a.Key, b.enc.sourceAttrs(src))
			return
		}
		b.key(a.Key)
		b.any(v)
	}
}

// group writes the attributes in an object of their own, or, without a key, in the object that is open.
func (b *Buffer) group(key string, attrs []slog.Attr) {
	attrs = b.settle(attrs)
	switch {
	case len(attrs) == 0:
	case key == "" && b.inlined < b.enc.MaxDepth:
		b.inlined++
		b.attrs(attrs)
		b.inlined--
	case b.textDepth >= maxTextDepth:
		b.key(key)
		b.str("…")
	default:
		b.key(key)
		if b.textDepth == 0 && b.depth+b.keyDots() >= b.enc.MaxDepth {
			b.textGroup(attrs)
			return
		}
		outer := b.openObject()
		if b.textDepth > 0 {
			b.textDepth++
			b.attrs(attrs)
			b.textDepth--
		} else {
			b.attrs(attrs)
		}
		b.close(outer)
	}
}

// textGroup writes a group as the text of its object.
func (b *Buffer) textGroup(attrs []slog.Attr) {
	start := len(b.B)
	outer := b.openObject()
	b.textDepth = 1
	b.attrs(attrs)
	b.textDepth = 0
	b.close(outer)
	text := string(b.B[start:])
	b.B = b.B[:start]
	b.str(text)
}

func (b *Buffer) attrs(attrs []slog.Attr) {
	for i := range attrs {
		b.attr(&attrs[i])
	}
}

// open opens a group and returns the object that it lies in.
func (b *Buffer) open(name string) (outer object) {
	b.key(name)
	return b.openObject()
}

func (b *Buffer) openObject() (outer object) {
	dots := b.keyDots()
	b.B = append(b.B, '{')
	outer = b.object
	b.object = object{keys: len(b.keys), segment: b.nsegments, dots: dots}
	b.depth += 1 + dots
	return outer
}

// close closes the innermost object.
func (b *Buffer) close(outer object) {
	b.B = append(b.B, '}')
	if b.index.object == b.object.keys {
		b.index.n = 0
	}
	b.keys = b.keys[:b.object.keys]
	b.nsegments = b.object.segment
	b.depth -= 1 + b.object.dots
	b.object = outer
}

// written says whether a is certain to be written. Of groups and LogValuers it is not known.
func written(a *slog.Attr) bool {
	switch a.Value.Kind() {
	case slog.KindGroup, slog.KindLogValuer:
		return false
	case slog.KindAny:
		v := a.Value.Any()
		if src, ok := v.(*slog.Source); ok {
			return src != nil && *src != slog.Source{}
		}
		return v != nil || a.Key != ""
	}
	return true
}

// settle returns attrs as they are when one of them is certain to be written. Else it returns what is left of them when
// LogValuers have been resolved and empty attributes and groups taken away.
func (b *Buffer) settle(attrs []slog.Attr) []slog.Attr {
	for i := range attrs {
		if written(&attrs[i]) {
			return attrs
		}
	}
	if b.settled >= maxSettle {
		return attrs
	}
	b.settled += len(attrs)
	var kept []slog.Attr
	for _, a := range attrs {
		a.Value = a.Value.Resolve()
		if a.Value.Kind() == slog.KindGroup {
			group := b.settle(a.Value.Group())
			if len(group) == 0 {
				continue
			}
			a.Value = slog.GroupValue(group...)
		} else if !written(&a) {
			continue
		}
		kept = append(kept, a)
	}
	return kept
}
