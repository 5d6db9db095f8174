package entity

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// Tagger is the built-in [mask.Detector]: it finds the names of persons, places and organisations by the model that is embedded in the
// program. It neither fails nor blocks. Safe for concurrent use.
type Tagger struct {
	model *tag.Model
	cache *cache
	keep  [tag.Labels]bool // types that are not looked for

	tagged, cached atomic.Uint64
}

var _ mask.Detector = (*Tagger)(nil)

// NewTagger returns a tagger. It reads Keep and Cache of the options; nil are the zero options.
func NewTagger(opts *Options) *Tagger {
	var o Options
	if opts != nil {
		o = *opts
	}
	t := &Tagger{model: tag.Default(), cache: newCache(o.Cache)}
	for label, name := range typeOf {
		t.keep[label] = name != "" && slices.Contains(o.Keep, name)
	}
	return t
}

var typeOf = [tag.Labels]string{tag.BeginPerson: Person, tag.BeginLocation: Location, tag.BeginOrganization: Organization}

// Detect appends the entities in text to dst. It does not look at ctx: it is done before a deadline could matter.
func (t *Tagger) Detect(_ context.Context, text string, dst []mask.Entity) []mask.Entity {
	return t.detect(dst, text, tag.Key{})
}

// DetectUnder is Detect for the text of an attribute, whose key says more: "Victoria" under city is a place, under author a person. Group
// is the name of the group that the attribute is in, empty for none.
func (t *Tagger) DetectUnder(group, key, text string, dst []mask.Entity) []mask.Entity {
	return t.detect(dst, text, tag.KeyOf(group, key))
}

// named says whether a key is that of a name, which may be written without capitals.
func named(k tag.Key) bool {
	return k.Kind == tag.PersonKey || k.Kind == tag.PlaceKey || k.Kind == tag.OrgKey
}

func (t *Tagger) detect(dst []mask.Entity, text string, key tag.Key) []mask.Entity {
	if tag.Shut(text) && !named(key) {
		return dst
	}
	slot, found, ok := t.cache.get(text, key)
	if ok {
		t.cached.Add(1)
		return append(dst, found...)
	}
	t.tagged.Add(1)
	first := len(dst)
	dst = t.find(dst, text, key)
	t.cache.put(slot, text, key, dst[first:])
	return dst
}

// work is what find needs for a moment.
type work struct {
	spans, more []tag.Span
	masked      []byte
}

var works = sync.Pool{New: func() any { return new(work) }}

// maxPasses bounds how often a text is tagged again, and maxWork what is kept of the room that it took.
const (
	maxPasses = 16
	maxWork   = 64 << 10
)

// find tags text. A name beside a mark can look like one where it did not beside a name; so what is found is masked and the text
// tagged again, until nothing is left: masking twice is masking once.
func (t *Tagger) find(dst []mask.Entity, text string, key tag.Key) []mask.Entity {
	w := works.Get().(*work)
	w.spans = t.wanted(t.model.Append(w.spans[:0], text, key), text)
	for pass := 0; pass < maxPasses && len(w.spans) > 0; pass++ {
		w.masked = appendMasked(w.masked[:0], text, w.spans)
		masked := unsafe.String(unsafe.SliceData(w.masked), len(w.masked))
		w.more = t.wanted(t.model.Append(w.more[:0], masked, key), masked)
		if len(w.more) == 0 {
			break
		}
		w.merge()
	}
	for _, s := range w.spans {
		dst = append(dst, mask.Entity{Start: s.Start, End: s.End, Type: typeOf[s.Label], Score: sure(s.Margin)})
	}
	if cap(w.masked) > maxWork {
		w = new(work)
	}
	works.Put(w)
	return dst
}

// wanted takes the types that are kept out, and the names of programs.
func (t *Tagger) wanted(spans []tag.Span, text string) []tag.Span {
	out := spans[:0]
	for _, s := range spans {
		if !t.keep[s.Label] && !(s.Label == tag.BeginPerson && isProgram(text[s.Start:s.End], text[s.End:])) {
			out = append(out, s)
		}
	}
	return out
}

// isProgram reports whether a name of one word is that of a program by what follows: nobody has an exception.
func isProgram(name, rest string) bool {
	if strings.IndexByte(name, ' ') >= 0 || rest == "" || rest[0] != ' ' {
		return false
	}
	for _, word := range [...]string{"exception", "error", "warning", "failure", "timeout", "fault"} {
		if after, ok := strings.CutPrefix(rest[1:], word); ok {
			return after == "" || after[0]|0x20 < 'a' || after[0]|0x20 > 'z'
		}
	}
	return false
}

// merge adds what was found in the masked text.
func (w *work) merge() {
	shift, k := 0, 0 // from an offset in the masked text to one in the text
	for i := range w.more {
		for k < len(w.spans) && w.spans[k].Start-shift <= w.more[i].Start {
			shift += w.spans[k].End - w.spans[k].Start - len(marks[w.spans[k].Label])
			k++
		}
		w.more[i].Start += shift
		w.more[i].End += shift
	}
	w.spans = append(w.spans, w.more...)
	slices.SortFunc(w.spans, func(a, b tag.Span) int { return a.Start - b.Start })
}

// marks stand for what was found.
var marks = [tag.Labels]string{tag.BeginPerson: "[PERSON_REDACTED]", tag.BeginLocation: "[LOCATION_REDACTED]", tag.BeginOrganization: "[ORGANIZATION_REDACTED]"}

func appendMasked(dst []byte, text string, spans []tag.Span) []byte {
	at := 0
	for _, s := range spans {
		dst = append(append(dst, text[at:s.Start]...), marks[s.Label]...)
		at = s.End
	}
	return append(dst, text[at:]...)
}

// sure makes a score between 0 and 1 of a margin.
func sure(margin int) float64 {
	const half = 128 // the margin that is worth a half
	m := max(float64(margin), 1)
	return m / (m + half)
}
