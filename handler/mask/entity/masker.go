package entity

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
	"github.com/sluicelog/sluice/internal/chain"
)

// Masker masks names in texts, attributes and lines. It is immutable but for its counters and caches, and safe for concurrent use.
type Masker struct {
	tagger *Tagger
	guard  *Guard // nil without a detector
	keep   map[string]bool
	keys   keys
	plain  plainTypes

	texts  atomic.Uint64
	counts [tag.Labels]atomic.Uint64 // by label of the tagger; 0 for all other types
	unseen atomic.Uint64             // what could not be looked into
}

var _ chain.Masker = (*Masker)(nil)

// New returns a masker. Options out of range are clamped, and Options.Validate says which; nil are the zero options.
func New(opts *Options) *Masker {
	var o Options
	if opts != nil {
		o = *opts
	}
	m := &Masker{tagger: NewTagger(&o), keep: make(map[string]bool)}
	for _, t := range o.Keep {
		m.keep[t] = true
	}
	m.keys.init(o.Skip, o.Look)
	switch d := o.Detector.(type) {
	case nil:
	case *Guard:
		m.guard = d
	default:
		m.guard = NewGuard(d, &GuardOptions{Budget: o.Budget, OnError: o.OnError, Fallback: m.tagger})
	}
	return m
}

// MaskAttrs returns attrs masked; attrs itself, which is never written to, when there is nothing to mask.
func (m *Masker) MaskAttrs(attrs []slog.Attr) []slog.Attr { return m.attrs("", attrs, 0) }

// Text returns s with names masked.
func (m *Masker) Text(s string) string {
	s, _ = m.text(s, tag.Key{})
	return s
}

// AppendLine appends a line of a log to dst, masked: the texts of an object, list or string in JSON, anything else as text. JSON stays JSON.
func (m *Masker) AppendLine(dst, line []byte) []byte {
	s, _ := m.text(string(line), tag.Key{})
	return append(dst, s...)
}

// text returns s masked, and whether that is another text.
func (m *Masker) text(s string, key tag.Key) (string, bool) {
	if s == "" {
		return s, false
	}
	if mayBeJSON(s) && json.Valid(view(s)) {
		out, changed := m.json(s, key)
		if !changed {
			return s, false
		}
		return string(out), true
	}
	return m.prose(s, key)
}

// prose masks a text that is no JSON.
func (m *Masker) prose(s string, key tag.Key) (string, bool) {
	if key.Kind == tag.MachineKey || tag.Shut(s) && !named(key) {
		return s, false
	}
	m.texts.Add(1)
	var few [8]mask.Entity
	found := few[:0]
	if m.guard != nil {
		found = m.guard.detect(context.Background(), s, found, key)
	} else {
		found = m.tagger.detect(found, s, key)
	}
	if len(found) == 0 {
		return s, false
	}
	return m.join(s, found)
}

// join replaces what was found, in order and apart, by its marks.
func (m *Masker) join(s string, found []mask.Entity) (string, bool) {
	var out strings.Builder
	at := 0
	for _, e := range found {
		if m.keep[e.Type] || e.Start < at || marked(s[e.Start:e.End]) {
			continue
		}
		if at == 0 {
			out.Grow(len(s) + 16)
		}
		out.WriteString(s[at:e.Start])
		out.WriteByte('[')
		out.WriteString(e.Type)
		out.WriteString("_REDACTED]")
		at = e.End
		m.count(e.Type)
	}
	if at == 0 {
		return s, false
	}
	out.WriteString(s[at:])
	return out.String(), true
}

func (m *Masker) count(typ string) {
	label := 0
	for l, name := range typeOf {
		if name == typ {
			label = l
		}
	}
	m.counts[label].Add(1)
}

// marked says whether a text is within the mark of a mask, or has one in it.
func marked(s string) bool {
	return strings.Contains(s, "_REDACTED") || strings.Contains(s, "[REDACTED]") || strings.Contains(s, "_HASH:")
}
