package jsonenc

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"unique"

	"github.com/sluicelog/sluice/internal/chain"
)

// Names is the spelling of the fixed fields.
type Names struct {
	Time, Level, Message, Source string // at the root of the record
	Function, File, Line         string // within Source
	Cut                          string // at the root: how long a record was that was cut
}

// Line is the spelling of a JSON line.
var Line = Names{
	Time: slog.TimeKey, Level: slog.LevelKey, Message: slog.MessageKey, Source: slog.SourceKey,
	Function: "function", File: "file", Line: "line",
	Cut: "record_cut",
}

// Config says how an Encoder writes.
type Config struct {
	Names     Names // the zero Names means Line
	AddSource bool  // write the place of the log call where it is known
	MaxValue  int   // bytes of one value (strings: before escaping); 0 means 32 KiB, at least MinValue
	MaxRecord int   // bytes of one record; 0 means 1 MiB, at least MinRecord
	MaxDepth  int   // objects within each other, the record included; 0 means 20, from 2 to 1000
	// Layout, of NewLayout, makes documents instead of lines; Names then are those of the document's root, Source aside.
	Layout *Layout
}

// Defaults and bounds of a Config.
const (
	DefaultMaxValue  = 32 << 10
	DefaultMaxRecord = 1 << 20
	DefaultMaxDepth  = 20
	MinValue         = 64
	MinRecord        = 1 << 10
	MinDepth         = 2
	MaxMaxDepth      = 1000
	MaxBytes         = 256 << 20 // of MaxValue and MaxRecord: places in a line are 32 bits wide
)

// Validate returns an error that names every limit out of range, as options of the package that has them and that takes records of at
// most so many bytes; New clamps these.
func (c Config) Validate(pkg string, most int) error {
	var errs []error
	for _, f := range []struct {
		name           string
		n, least, most int
	}{{"MaxValue", c.MaxValue, MinValue, most}, {"MaxRecord", c.MaxRecord, MinRecord, most}, {"MaxDepth", c.MaxDepth, MinDepth, MaxMaxDepth}} {
		if f.n != 0 && (f.n < f.least || f.n > f.most) {
			errs = append(errs, fmt.Errorf("%s: Options.%s is %d, want 0 for the default or %d to %d", pkg, f.name, f.n, f.least, f.most))
		}
	}
	return errors.Join(errs...)
}

// An Encoder writes records into Buffers. It is immutable and safe for concurrent use.
type Encoder struct {
	Config
	key         any // identifies, in a chain.Block, what encoders configured alike make of it
	encodeBlock func(*chain.Block) any
	reserved    []string
	filter      filter // of the reserved names
	timeHead    string
	mainOpen    string                  // of a layout
	levels      [len(levelNames)]string // end of the time, level, key of the message
	sources     sources
}

// New returns an encoder for c, whose values out of range are clamped.
func New(c Config) *Encoder {
	if c.Names == (Names{}) {
		c.Names = Line
	}
	c.MaxValue = bounded(c.MaxValue, DefaultMaxValue, MinValue, MaxBytes)
	c.MaxRecord = bounded(c.MaxRecord, DefaultMaxRecord, MinRecord, MaxBytes)
	c.MaxDepth = bounded(c.MaxDepth, DefaultMaxDepth, MinDepth, MaxMaxDepth)
	e := &Encoder{Config: c, key: unique.Make(c)}
	e.encodeBlock = func(b *chain.Block) any { return e.newBlock(b.Attrs()) }
	e.reserved = []string{c.Names.Time, c.Names.Level, c.Names.Message, c.Names.Source, c.Names.Cut}
	if l := c.Layout; l != nil {
		e.reserved = append([]string{Line.Time, Line.Level, Line.Message, Line.Source, c.Names.Cut}, l.Reserved...)
		if l.Main != "" {
			e.mainOpen = string(append(appendString([]byte{','}, l.Main), ':', '{'))
		}
	}
	for _, name := range e.reserved {
		e.filter.add(hashKey([]byte(name)))
	}
	e.timeHead = string(append(appendString([]byte{'{'}, c.Names.Time), ':', '"'))
	for i, name := range levelNames {
		e.levels[i] = string(e.appendLevelHead(nil, slog.LevelDebug+slog.Level(i)*levelStep, name))
	}
	return e
}

func bounded(n, zero, least, most int) int {
	if n == 0 {
		return zero
	}
	return min(max(n, least), most)
}

// timeEnd stands between the text of the time and the next member.
const timeEnd = `",`

// appendLevelHead appends what stands between the time and the message.
func (e *Encoder) appendLevelHead(dst []byte, l slog.Level, name string) []byte {
	dst = append(appendString(append(dst, timeEnd...), e.Names.Level), ':')
	if e.Layout != nil && e.Layout.LevelText != "" {
		dst = append(appendString(append(dst, '{'), e.Layout.LevelText), ':')
		dst = append(appendString(dst, name), ',')
		dst = append(appendString(dst, e.Layout.LevelNumber), ':')
		dst = append(strconv.AppendInt(dst, int64(severity(l)), 10), '}', ',')
	} else {
		dst = append(appendString(dst, name), ',')
	}
	return append(appendString(dst, e.Names.Message), ':')
}

// Append appends r as one JSON object, without a newline, to b.B: the fixed fields, the root attributes, the attributes
// of the logger, those of the record. W may be nil.
func (e *Encoder) Append(b *Buffer, r *slog.Record, root *chain.Root, w *With) {
	if e.Layout != nil {
		e.appendDocument(b, r, root, w)
		return
	}
	b.start(e)
	b.head(r)
	b.writesRoot = true
	if root.Static != nil {
		b.block(root.Static)
	}
	if root.Scope != nil {
		b.block(root.Scope)
	}
	for i := range root.Record {
		b.attr(&root.Record[i])
	}
	if root.Rate != 0 {
		b.key(chain.KeySampleRate)
		b.B = appendFloat(b.B, root.Rate)
	}
	b.writesRoot = false

	depth := 0 // groups to close
	switch {
	case w == nil:
		b.recordAttrs(r)
	case len(w.pending) == 0 && w.deep == nil:
		b.with(w)
		b.recordAttrs(r)
		depth = w.open
	default:
		b.with(w)
		depth = w.open + b.grouped(r, w)
	}
	for range depth {
		b.B = append(b.B, '}')
	}
	b.B = append(b.B, '}')
	if len(b.B)-b.origin > e.MaxRecord {
		b.cutRecord()
	}
}

// head writes the fixed fields.
func (b *Buffer) head(r *slog.Record) {
	e := b.enc
	level := ""
	if i, ok := levelIndex(r.Level); ok {
		level = e.levels[i]
	} else {
		level = string(e.appendLevelHead(nil, r.Level, levelName(r.Level)))
	}
	if r.Time.IsZero() {
		b.B = append(append(b.B, '{'), level[len(timeEnd):]...)
	} else {
		b.B = append(b.recordTime.append(append(b.B, e.timeHead...), r.Time), level...)
	}
	b.str(r.Message)
	if e.AddSource && r.PC != 0 && e.Layout == nil {
		b.B = append(b.B, e.sources.text(e, r)...)
	}
}

// grouped writes the attributes of r into the groups of w that no attribute has opened yet, and returns how many of
// these it has opened: none when the record has nothing to put there.
func (b *Buffer) grouped(r *slog.Record, w *With) int {
	if w.deep == nil && definite(r) {
		for _, name := range w.pending {
			b.open(name)
		}
		b.recordAttrs(r)
		return len(w.pending)
	}
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	attrs = b.settle(w.deep.wrap(attrs))
	if len(attrs) == 0 {
		return 0
	}
	for _, name := range w.pending {
		b.open(name)
	}
	for i := range attrs {
		b.attr(&attrs[i])
	}
	return len(w.pending)
}

// definite says whether the first attribute of r is certain to be written.
func definite(r *slog.Record) bool {
	certain := false
	r.Attrs(func(a slog.Attr) bool {
		certain = written(&a)
		return false
	})
	return certain
}
