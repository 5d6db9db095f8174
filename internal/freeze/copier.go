package freeze

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"unsafe"
)

// copier copies one value. Its zero value is ready.
type copier struct {
	// done maps what was reached through a reference to its copy: an invalid one while it is being copied (a cycle).
	done map[ref]reflect.Value
	// stuck is set when a snapshot does not fit the interface in which its original was.
	stuck bool
	// resolved counts LogValuers: those that return each other would grow without end.
	resolved int
}

// maxResolved bounds the LogValuers inside one value; the mark for too deep stands for the others.
const maxResolved = 1000

type ref struct {
	typ reflect.Type
	ptr unsafe.Pointer
	len int
}

func (c *copier) attrs(attrs []slog.Attr, depth int) []slog.Attr {
	for i := range attrs {
		if !immutable(attrs[i].Value) {
			out := make([]slog.Attr, len(attrs))
			copy(out, attrs[:i])
			for j := i; j < len(attrs); j++ {
				out[j] = slog.Attr{Key: attrs[j].Key, Value: c.value(attrs[j].Value, depth)}
			}
			return out
		}
	}
	return attrs
}

func (c *copier) value(v slog.Value, depth int) slog.Value {
	if v.Kind() == slog.KindLogValuer {
		if c.resolved++; c.resolved > maxResolved {
			return slog.StringValue(depthMark)
		}
		v = v.Resolve()
	}
	if immutable(v) {
		return v
	}
	if v.Kind() == slog.KindGroup {
		if depth >= maxDepth {
			return slog.StringValue(depthMark)
		}
		attrs := c.attrs(v.Group(), depth+1)
		if &attrs[0] == &v.Group()[0] {
			attrs = append([]slog.Attr(nil), attrs...) // the slice belongs to the caller
		}
		return slog.GroupValue(attrs...)
	}
	return slog.AnyValue(c.dynamic(v.Any(), depth))
}

// dynamic returns a snapshot of x, of x's own type where that can be had. A group that a LogValuer inside x resolves to
// is returned as a slog.Value.
func (c *copier) dynamic(x any, depth int) any {
	switch x := x.(type) {
	case nil:
		return nil
	case []byte:
		return append(x[:0:0], x...)
	case json.RawMessage:
		return append(x[:0:0], x...)
	case slog.Value:
		return c.value(x, depth)
	}
	p := planOf(reflect.TypeOf(x))
	if p.logValuer {
		return c.value(slog.AnyValue(x), depth)
	}
	v := reflect.ValueOf(x)
	switch {
	case p.verdict == flat:
		return x
	case p.error:
		return snapshotOf(x.(error), p)
	case v.Kind() == reflect.Pointer && v.IsNil():
		return x
	case p.verdict == opaque, v.Kind() == reflect.Pointer && p.renders() && !isFlatPointee(v):
		return render(x, p)
	case depth >= maxDepth:
		return depthMark
	}
	if r, ok := refOf(v); ok {
		if cp, seen := c.done[r]; seen && !cp.IsValid() {
			return cycleMark
		}
	}
	cp := c.typed(v, depth)
	if c.stuck {
		c.stuck = false
		return render(x, p)
	}
	return cp.Interface()
}

func isFlatPointee(v reflect.Value) bool { return planOf(v.Type().Elem()).verdict == flat }

// typed returns a copy of v of v's type.
func (c *copier) typed(v reflect.Value, depth int) reflect.Value {
	t := v.Type()
	if planOf(t).verdict == flat {
		return v
	}
	switch t {
	case reflect.TypeFor[slog.Value]():
		return reflect.ValueOf(c.value(v.Interface().(slog.Value), depth))
	case reflect.TypeFor[slog.Attr]():
		a := v.Interface().(slog.Attr)
		return reflect.ValueOf(slog.Attr{Key: a.Key, Value: c.value(a.Value, depth)})
	}
	cp := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			c.setInterface(cp, v.Elem().Interface(), depth)
		}
		return cp
	case reflect.Array:
		for i := range v.Len() {
			cp.Index(i).Set(c.typed(v.Index(i), depth))
		}
		return cp
	case reflect.Struct:
		cp.Set(v) // unexported fields too: they are flat
		for i := range t.NumField() {
			if f := cp.Field(i); f.CanSet() {
				f.Set(c.typed(v.Field(i), depth))
			}
		}
		return cp
	}
	r, ok := refOf(v)
	if !ok || depth >= maxDepth {
		return cp
	}
	if old, seen := c.done[r]; seen {
		if old.IsValid() {
			return old
		}
		return cp
	}
	if c.done == nil {
		c.done = make(map[ref]reflect.Value)
	}
	c.done[r] = reflect.Value{}
	c.fill(cp, v, depth+1)
	c.done[r] = cp
	if c.stuck {
		delete(c.done, r)
	}
	return cp
}

// fill makes cp, a nil pointer, map or slice, a copy of v.
func (c *copier) fill(cp, v reflect.Value, depth int) {
	t := v.Type()
	switch t.Kind() {
	case reflect.Pointer:
		cp.Set(reflect.New(t.Elem()).Convert(t))
		cp.Elem().Set(c.typed(v.Elem(), depth))
	case reflect.Slice:
		cp.Set(reflect.MakeSlice(t, v.Len(), v.Len()))
		if planOf(t.Elem()).verdict == flat {
			reflect.Copy(cp, v)
			return
		}
		for i := range v.Len() {
			cp.Index(i).Set(c.typed(v.Index(i), depth))
		}
	case reflect.Map:
		cp.Set(reflect.MakeMapWithSize(t, v.Len()))
		for it := v.MapRange(); it.Next(); {
			k := it.Key()
			if k.Kind() == reflect.Interface && !k.IsNil() && !isFlat(k.Elem().Type()) {
				c.stuck = true
				return
			}
			cp.SetMapIndex(k, c.typed(it.Value(), depth))
		}
	}
}

// setInterface sets cp, of an interface type, to a snapshot of x.
func (c *copier) setInterface(cp reflect.Value, x any, depth int) {
	if _, isRef := refOf(reflect.ValueOf(x)); !isRef {
		depth++ // references count for themselves
	}
	s := c.dynamic(x, depth)
	if v, ok := s.(slog.Value); ok {
		s = plain(v)
	}
	if s == nil {
		return
	}
	v := reflect.ValueOf(s)
	if !v.Type().AssignableTo(cp.Type()) {
		c.stuck = true
		return
	}
	cp.Set(v)
}

// plain returns v as a value that any encoder knows inside another: a group becomes a map.
func plain(v slog.Value) any {
	if v.Kind() != slog.KindGroup {
		return v.Any()
	}
	m := make(map[string]any, len(v.Group()))
	for _, a := range v.Group() {
		m[a.Key] = plain(a.Value)
	}
	return m
}

// refOf identifies what the pointer, map or slice v refers to; false for nil and for other kinds.
func refOf(v reflect.Value) (ref, bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		return ref{typ: v.Type(), ptr: v.UnsafePointer()}, !v.IsNil()
	case reflect.Slice:
		return ref{typ: v.Type(), ptr: v.UnsafePointer(), len: v.Len()}, !v.IsNil()
	}
	return ref{}, false
}
