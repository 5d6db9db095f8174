package jsonenc

import (
	"log/slog"
	"strconv"
	"sync/atomic"
)

// sources remembers the text of places of log calls, which are few: a direct-mapped cache.
type sources [256]atomic.Pointer[sourceText]

type sourceText struct {
	pc       uintptr
	text     string
	fragment *fragment // of a layout, nil for nothing
}

// text returns the member that says where r was logged, with a comma before it; nothing if that is not known.
func (s *sources) text(e *Encoder, r *slog.Record) string {
	const k = 0x9e3779b97f4a7c15
	slot := &s[uint64(r.PC)*k>>56]
	if t := slot.Load(); t != nil && t.pc == r.PC {
		return t.text
	}
	src := r.Source()
	text := ""
	if src != nil && *src != (slog.Source{}) {
		dst := append(appendString([]byte{','}, e.Names.Source), ':')
		comma := byte('{')
		for _, a := range e.sourceAttrs(src) {
			dst = append(appendString(append(dst, comma), a.Key), ':')
			comma = ','
			if a.Value.Kind() == slog.KindInt64 {
				dst = strconv.AppendInt(dst, a.Value.Int64(), 10)
			} else {
				dst = appendString(dst, a.Value.String())
			}
		}
		text = string(append(dst, '}'))
	}
	slot.Store(&sourceText{pc: r.PC, text: text})
	return text
}

// sourceAttrs returns what is known of a source.
func (e *Encoder) sourceAttrs(src *slog.Source) []slog.Attr {
	attrs := make([]slog.Attr, 0, 3)
	if src.Function != "" {
		attrs = append(attrs, slog.String(e.Names.Function, src.Function))
	}
	if src.File != "" {
		attrs = append(attrs, slog.String(e.Names.File, src.File))
	}
	if src.Line != 0 {
		attrs = append(attrs, slog.Int(e.Names.Line, src.Line))
	}
	return attrs
}

// fragment returns the members that say where r was logged, as the layout of e routes them; nil if that is not known.
func (s *sources) fragment(e *Encoder, r *slog.Record) *fragment {
	const k = 0x9e3779b97f4a7c15
	slot := &s[uint64(r.PC)*k>>56]
	if t := slot.Load(); t != nil && t.pc == r.PC {
		return t.fragment
	}
	var f *fragment
	if src := r.Source(); src != nil && *src != (slog.Source{}) {
		f = e.newBlock([]slog.Attr{slog.Any(Line.Source, slog.GroupValue(e.sourceAttrs(src)...))})
	}
	slot.Store(&sourceText{pc: r.PC, fragment: f})
	return f
}
