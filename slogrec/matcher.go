package slogrec

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
)

// Matcher is a question about a record. The zero Matcher holds for every record.
type Matcher struct {
	name string
	ask  func(Record) bool
}

func (m Matcher) match(r Record) bool { return m.ask == nil || m.ask(r) }

// String says what the matcher asks for, as failures print it.
func (m Matcher) String() string {
	if m.name == "" {
		return "any record"
	}
	return m.name
}

// Func is a matcher of one's own; name stands for it in failures.
func Func(name string, ask func(Record) bool) Matcher { return Matcher{name, ask} }

// Level matches records of exactly this level.
func Level(l slog.Level) Matcher {
	return Func("level "+l.String(), func(r Record) bool { return r.Level == l })
}

// AtLeast matches records of this level and above.
func AtLeast(l slog.Level) Matcher {
	return Func("level at least "+l.String(), func(r Record) bool { return r.Level >= l })
}

// Message matches records whose message is msg.
func Message(msg string) Matcher {
	return Func(fmt.Sprintf("message %q", msg), func(r Record) bool { return r.Message == msg })
}

// MessageContains matches records whose message has part in it.
func MessageContains(part string) Matcher {
	return Func(fmt.Sprintf("message with %q", part), func(r Record) bool { return strings.Contains(r.Message, part) })
}

// HasAttr matches records that have a value or a group at a dotted path (see [Record.Get]).
func HasAttr(path string) Matcher {
	return Func("attribute "+path, func(r Record) bool { _, ok := r.Get(path); return ok })
}

// Attr matches records whose value at a dotted path equals want. Integers are compared by their number whatever their type,
// times by their instant, errors by errors.Is, a map[string]any is compared with a group, all else by reflect.DeepEqual.
func Attr(path string, want any) Matcher {
	want = plain(want)
	return Func(fmt.Sprintf("attribute %s=%v", path, want), func(r Record) bool {
		got, ok := r.Get(path)
		return ok && same(got, want)
	})
}

// plain brings a wanted value into the form of Record.Attrs.
func plain(v any) any {
	if m, ok := v.(map[string]any); ok {
		out := make(map[string]any, len(m))
		for k, e := range m {
			out[k] = plain(e)
		}
		return out
	}
	sv := slog.AnyValue(v).Resolve()
	if sv.Kind() == slog.KindGroup {
		return toMap(resolve(nil, sv.Group()))
	}
	return sv.Any()
}

func same(got, want any) bool {
	switch w := want.(type) {
	case int64:
		g, ok := got.(uint64)
		if ok {
			return w >= 0 && g == uint64(w)
		}
	case uint64:
		g, ok := got.(int64)
		if ok {
			return g >= 0 && uint64(g) == w
		}
	case time.Time:
		g, ok := got.(time.Time)
		return ok && g.Equal(w)
	case error:
		if g, ok := got.(error); ok && errors.Is(g, w) {
			return true
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return ok && len(g) == len(w)
		}
		for k, e := range w {
			if ge, ok := g[k]; !ok || !same(ge, e) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(got, want)
}

// And matches when all of ms do. They are asked in order, up to the first that does not.
func And(ms ...Matcher) Matcher {
	if len(ms) == 1 {
		return ms[0]
	}
	return Matcher{join(ms, " and "), func(r Record) bool {
		for _, m := range ms {
			if !m.match(r) {
				return false
			}
		}
		return true
	}}
}

// Or matches when one of ms does; Or() never.
func Or(ms ...Matcher) Matcher {
	name := join(ms, " or ")
	if len(ms) == 0 {
		name = "no record"
	}
	return Func(name, func(r Record) bool {
		for _, m := range ms {
			if m.match(r) {
				return true
			}
		}
		return false
	})
}

// Not matches when m does not.
func Not(m Matcher) Matcher {
	return Func("not "+m.String(), func(r Record) bool { return !m.match(r) })
}

// First matches the first n records that it is asked about, so in And and in options it stands last. It counts once for
// each matcher made: do not share one.
func First(n int) Matcher {
	var asked atomic.Int64
	return Func(fmt.Sprintf("the first %d", n), func(Record) bool { return asked.Add(1) <= int64(n) })
}

func join(ms []Matcher, sep string) string {
	names := make([]string, len(ms))
	for i, m := range ms {
		names[i] = m.String()
	}
	if len(names) < 2 {
		return strings.Join(names, sep)
	}
	return "(" + strings.Join(names, sep) + ")"
}
