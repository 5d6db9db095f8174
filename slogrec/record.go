package slogrec

import (
	"context"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Record is one recorded log record. Attrs and List have the attributes of the logger and of the record together.
type Record struct {
	// Time is as it was given: zero when the record had none.
	Time    time.Time
	Level   slog.Level
	Message string
	// PC is the program counter of the log call, 0 for none; see [Record.Source].
	PC uintptr
	// Context is the context that Handle was given.
	Context context.Context
	// Attrs are the attributes by key. A group is a map[string]any, any other value is what slog.Value.Any returns for
	// the resolved value: int64, uint64, float64, bool, string, time.Duration, time.Time, or the value itself. Of equal
	// keys the last wins. Never nil.
	Attrs map[string]any
	// List are the attributes in order, duplicates included; groups hold groups, LogValuers are resolved.
	List []slog.Attr
}

// Get returns the value at a dotted path. A key that has dots itself is found too; the whole path as one key wins.
func (r Record) Get(path string) (any, bool) { return get(r.Attrs, path) }

func get(m map[string]any, path string) (any, bool) {
	if v, ok := m[path]; ok {
		return v, true
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if sub, ok := m[path[:i]].(map[string]any); ok {
			if v, ok := get(sub, path[i+1:]); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// Flat returns the attributes by dotted path, groups dissolved. Of equal paths the last wins.
func (r Record) Flat() map[string]any {
	flat := make(map[string]any)
	walk("", r.List, func(path string, v slog.Value) { flat[path] = v.Any() })
	return flat
}

// Map returns the record as a JSON handler would spell it: "time" (a time.Time, absent when zero), "level" (a
// slog.Level), "msg", and the attributes, which win over those three. It is what testing/slogtest asks for.
func (r Record) Map() map[string]any {
	m := map[string]any{slog.LevelKey: r.Level, slog.MessageKey: r.Message}
	if !r.Time.IsZero() {
		m[slog.TimeKey] = r.Time
	}
	for k, v := range r.Attrs {
		m[k] = v
	}
	return m
}

// Source returns function, file and line of the log call, nil for a record without PC.
func (r Record) Source() *slog.Source {
	if r.PC == 0 {
		return nil
	}
	f, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
	return &slog.Source{Function: f.Function, File: f.File, Line: f.Line}
}

// String returns the record on one line: level, quoted message, attributes by dotted path in order.
func (r Record) String() string {
	var b strings.Builder
	b.WriteString(r.Level.String())
	b.WriteByte(' ')
	b.WriteString(strconv.Quote(r.Message))
	walk("", r.List, func(path string, v slog.Value) {
		b.WriteByte(' ')
		b.WriteString(path)
		b.WriteByte('=')
		s := v.String()
		if s == "" || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == '"' || c == '=' || !strconv.IsPrint(c) }) {
			s = strconv.Quote(s)
		}
		b.WriteString(s)
	})
	return b.String()
}

func walk(prefix string, attrs []slog.Attr, visit func(path string, v slog.Value)) {
	for _, a := range attrs {
		if a.Value.Kind() == slog.KindGroup {
			walk(prefix+a.Key+".", a.Value.Group(), visit)
			continue
		}
		visit(prefix+a.Key, a.Value)
	}
}

// resolve appends attrs to dst as a handler is to see them: LogValuers resolved, group slices copied, inline groups
// dissolved, empty attributes and empty groups left out.
func resolve(dst, attrs []slog.Attr) []slog.Attr {
	for _, a := range attrs {
		a.Value = a.Value.Resolve()
		if a.Equal(slog.Attr{}) {
			continue
		}
		if a.Value.Kind() != slog.KindGroup {
			dst = append(dst, a)
			continue
		}
		if a.Key == "" {
			dst = resolve(dst, a.Value.Group())
			continue
		}
		if members := resolve(nil, a.Value.Group()); len(members) > 0 {
			dst = append(dst, slog.Attr{Key: a.Key, Value: slog.GroupValue(members...)})
		}
	}
	return dst
}

func toMap(attrs []slog.Attr) map[string]any {
	m := make(map[string]any, len(attrs))
	for _, a := range attrs {
		if a.Value.Kind() == slog.KindGroup {
			m[a.Key] = toMap(a.Value.Group())
			continue
		}
		m[a.Key] = a.Value.Any()
	}
	return m
}
