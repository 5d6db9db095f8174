package jsonenc

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// sides are the members that were routed out of Main.
type sides struct {
	text [2][]byte // of Root and Resource, each with a comma before it
	has  uint64    // bits of the routes taken
	root uint64    // those that a root attribute took
}

func (s *sides) clear() {
	s.text[0], s.text[1] = s.text[0][:0], s.text[1][:0]
	s.has, s.root = 0, 0
}

// appendDocument is Append for an encoder with a layout.
func (e *Encoder) appendDocument(b *Buffer, r *slog.Record, root *chain.Root, w *With) {
	l := e.Layout
	b.start(e)
	at := r.Time
	outside := at.Unix() < 0 || at.After(lastTime)
	if outside {
		seen := *r
		seen.Time = time.Now()
		b.head(&seen)
		if l.Observed != "" {
			text := append(appendString(append(b.side.text[0], ','), l.Observed), ':', '"')
			b.side.text[0] = append(b.recordTime.append(text, seen.Time), '"')
		}
	} else {
		b.head(r)
	}
	b.B = append(b.B, e.mainOpen...)
	b.writesRoot = true
	if e.AddSource && r.PC != 0 {
		if f := e.sources.fragment(e, r); f != nil {
			b.members(f, true)
		}
	}
	if root.Static != nil {
		b.block(root.Static)
	}
	if root.Scope != nil {
		b.block(root.Scope)
	}
	for i := range root.Record {
		b.place(&root.Record[i])
	}
	if root.Rate != 0 {
		b.key(chain.KeySampleRate)
		b.B = appendFloat(b.B, root.Rate)
	}
	b.writesRoot = false
	if outside && !at.IsZero() {
		b.attr(&slog.Attr{Key: Line.Time, Value: slog.TimeValue(at)}) // reserved: becomes attr.time
	}

	depth := 0 // groups to close
	switch {
	case w == nil:
		b.placeRecord(r)
	case len(w.pending) == 0 && w.deep == nil:
		b.with(w)
		if w.open == 0 {
			b.placeRecord(r)
		} else {
			b.recordAttrs(r)
		}
		depth = w.open
	default:
		b.with(w)
		depth = w.open + b.grouped(r, w)
	}
	for range depth {
		b.B = append(b.B, '}')
	}
	b.finish()
	if len(b.B)-b.origin > e.MaxRecord {
		b.cutDocument()
	}
}

// finish closes Main and writes what lies beside it.
func (b *Buffer) finish() {
	e := b.enc
	if open := len(e.mainOpen); open > 0 {
		if b.B[len(b.B)-1] == '{' && len(b.B)-b.origin > open && string(b.B[len(b.B)-open:]) == e.mainOpen {
			b.B = b.B[:len(b.B)-open]
		} else {
			b.B = append(b.B, '}')
		}
	}
	b.B = append(b.B, b.side.text[0]...)
	if len(b.side.text[1]) > 0 {
		b.B = append(b.B, e.Layout.resource[0]...)
		b.B = append(b.B, b.side.text[1][1:]...)
		b.B = append(b.B, e.Layout.resource[1]...)
	}
	b.B = append(append(b.B, e.Layout.Constant...), '}')
}

// placeRecord is recordAttrs for a record whose logger is in no group.
func (b *Buffer) placeRecord(r *slog.Record) {
	r.Attrs(func(a slog.Attr) bool {
		b.place(&a)
		return true
	})
}

// place writes an attribute of the root where the layout has it.
func (b *Buffer) place(a *slog.Attr) {
	l := b.enc.Layout
	if l == nil {
		b.attr(a)
		return
	}
	switch a.Value.Kind() {
	case slog.KindLogValuer:
		b.place(&slog.Attr{Key: a.Key, Value: a.Value.Resolve()})
		return
	case slog.KindGroup:
		b.placeGroup(a)
		return
	}
	r := l.find(a.Key)
	switch {
	case r != nil:
		b.put(r, a)
	case l.group(a.Key) != nil:
		// The mapping has an object here.
		b.attr(&slog.Attr{Key: chain.CollisionPrefix + a.Key, Value: a.Value})
	default:
		b.attr(a)
	}
}

func (b *Buffer) placeGroup(a *slog.Attr) {
	attrs := a.Value.Group()
	if a.Key == "" {
		if b.inlined < b.enc.MaxDepth {
			b.inlined++
			for i := range attrs {
				b.place(&attrs[i])
			}
			b.inlined--
		}
		return
	}
	g := b.enc.Layout.group(a.Key)
	if g == nil {
		b.attr(a)
		return
	}
	attrs = b.settle(attrs)
	rest := 0
	for i := range attrs {
		if r := g.member(attrs[i].Key); r != nil && attrs[i].Value.Kind() != slog.KindGroup {
			b.put(r, &attrs[i])
		} else {
			rest++
		}
	}
	if rest == len(attrs) {
		b.attr(&slog.Attr{Key: a.Key, Value: slog.GroupValue(attrs...)})
		return
	}
	if rest == 0 {
		return
	}
	outer := b.open(a.Key)
	for i := range attrs {
		if g.member(attrs[i].Key) == nil || attrs[i].Value.Kind() == slog.KindGroup {
			b.attr(&attrs[i])
		}
	}
	b.close(outer)
}

// put writes an attribute where its route leads.
func (b *Buffer) put(r *Route, a *slog.Attr) {
	if !scalar(a.Value) {
		key := a.Key
		if b.enc.Layout.group(r.Key) != nil {
			key = chain.CollisionPrefix + key
		}
		b.attr(&slog.Attr{Key: key, Value: a.Value})
		return
	}
	if r.Section == Main {
		b.attr(&slog.Attr{Key: r.Path[0], Value: a.Value})
		return
	}
	v := a.Value
	if r.Hex && v.Kind() == slog.KindString {
		n, err := strconv.ParseUint(v.String(), 16, 32)
		if err != nil {
			b.attr(&slog.Attr{Key: chain.CollisionPrefix + r.Key, Value: v})
			return
		}
		v = slog.Uint64Value(n)
	}
	bit := uint64(1) << r.index
	if b.side.has&bit != 0 {
		b.Notes.Renamed++
		if b.side.root&bit != 0 && !b.writesRoot {
			b.attr(&slog.Attr{Key: chain.CollisionPrefix + r.Key, Value: v})
			return
		}
		old := b.side.take(r)
		b.attr(&slog.Attr{Key: r.Key + "#2", Value: slog.AnyValue(json.RawMessage(old))})
	}
	b.side.has |= bit
	if b.writesRoot {
		b.side.root |= bit
	}
	text := &b.side.text[r.Section-Root]
	b.B, *text = *text, b.B
	b.B = append(b.B, r.head...)
	b.scalar(v)
	b.B = append(b.B, r.tail...)
	b.B, *text = *text, b.B
}

// scalar says whether a value is written as text, number or word.
func scalar(v slog.Value) bool {
	switch v.Kind() {
	case slog.KindGroup, slog.KindLogValuer:
		return false
	case slog.KindAny:
		switch x := v.Any().(type) {
		case nil:
			return true
		case json.RawMessage:
			return len(x) > 0 && x[0] != '{' && x[0] != '['
		case slog.Level:
			return true
		case json.Marshaler:
			return false
		case error:
			return true
		}
		return false
	}
	return true
}

// scalar writes such a value.
func (b *Buffer) scalar(v slog.Value) {
	switch v.Kind() {
	case slog.KindString:
		b.str(v.String())
	case slog.KindInt64:
		b.B = appendInt(b.B, v.Int64())
	case slog.KindUint64:
		b.B = appendUint(b.B, v.Uint64())
	case slog.KindFloat64:
		b.B = appendFloat(b.B, v.Float64())
	case slog.KindBool:
		b.B = strconv.AppendBool(b.B, v.Bool())
	case slog.KindDuration:
		b.B = appendInt(b.B, int64(v.Duration()))
	case slog.KindTime:
		b.B = append(b.attrTime.append(append(b.B, '"'), v.Time()), '"')
	default:
		b.any(v.Any())
	}
}

// take removes the member of r and returns its value.
func (s *sides) take(r *Route) []byte {
	text := &s.text[r.Section-Root]
	start, end := locate(*text, r)
	value := append([]byte(nil), (*text)[start+len(r.head):end-len(r.tail)]...)
	*text = append((*text)[:start], (*text)[end:]...)
	return value
}

// locate returns where the member of r lies in text, comma included.
func locate(text []byte, r *Route) (start, end int) {
	for i := 0; i < len(text); {
		end := skipValue(text, skipString(text, i+1)+1)
		if strings.HasPrefix(string(text[i:end]), r.head) {
			return i, end
		}
		i = end
	}
	panic("jsonenc: a member that was routed is not there") // the bit is set by who writes it
}

// join adds the sides of a fragment.
func (b *Buffer) join(f *sides, root bool) {
	if b.side.has&f.has == 0 {
		for i := range f.text {
			b.side.text[i] = append(b.side.text[i], f.text[i]...)
		}
		b.side.has |= f.has
		if root {
			b.side.root |= f.has
		}
		return
	}
	outer := b.writesRoot
	b.writesRoot = root
	for _, r := range b.enc.Layout.sides {
		if f.has>>r.index&1 == 0 {
			continue
		}
		text := f.text[r.Section-Root]
		start, end := locate(text, r)
		b.put(r, &slog.Attr{Key: r.Key, Value: slog.AnyValue(json.RawMessage(text[start+len(r.head) : end-len(r.tail)]))})
	}
	b.writesRoot = outer
}

// severity is the SeverityNumber of OpenTelemetry's log data model: 5, 9, 13, 17 and 21 from DEBUG to CRITICAL, from 1 to 24.
func severity(l slog.Level) int { return min(max(int(l)+9, 1), 24) }

// cutDocument cuts the document that was just written to the limit of records and says in Main how long it was.
func (b *Buffer) cutDocument() {
	e := b.enc
	doc := append([]byte(nil), b.B[b.origin:]...)
	b.Notes.Records++
	b.Notes.Left += b.left
	mark := cutMark(len(doc))
	if b.left > 0 {
		mark = "…[" + strconv.Itoa(len(doc)) + " bytes and " + strconv.Itoa(b.left) + " attributes]"
	}
	member := appendString(append(appendString(nil, e.Names.Cut), ':'), mark)
	b.B = shrink(b.B[:b.origin], doc, e.MaxRecord-len(member)-len(e.mainOpen)-2)
	line := b.B[b.origin:]
	if e.Layout.Main != "" {
		for _, m := range members(line) {
			if string(line[m.start+1:m.value-2]) == e.Layout.Main && line[m.value] == '{' {
				at := b.origin + m.value + 1
				if line[m.value+1] != '}' {
					member = append(member, ',')
				}
				b.insert(at, string(member))
				return
			}
		}
		member = append(append([]byte(e.mainOpen[1:]), member...), '}')
	}
	b.B = append(append(append(b.B[:len(b.B)-1], ','), member...), '}')
}

// tidyPath makes of a key one that OpenSearch takes as a path: no part of it is blank, and it is no deeper than room.
func tidyPath(key string, room int) string {
	if strings.Count(key, ".") > room {
		return strings.ReplaceAll(key, ".", "_")
	}
	if cleanPath(key) {
		return key
	}
	parts := strings.Split(key, ".")
	for i, p := range parts {
		if strings.TrimSpace(p) == "" {
			parts[i] = "_"
		}
	}
	return strings.Join(parts, ".")
}

// cleanPath says whether no part of a key is blank.
func cleanPath(key string) bool {
	for part := range strings.SplitSeq(key, ".") {
		if strings.TrimSpace(part) == "" {
			return false
		}
	}
	return true
}
