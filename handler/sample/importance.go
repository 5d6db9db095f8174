package sample

import (
	"log/slog"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

// found is what a list of attributes says to a sampler. Lists are joined in the order of the record's attributes: the
// process's, the request's, With's, the record's own.
type found struct {
	seen, yes      uint64 // importance keys that occur, and those that are true; a bit each
	trace, request uint64 // scope.Key of trace_id and request_id, 0 for none
}

// then returns what f followed by next says: of two occurrences of a key the later one counts.
func (f found) then(next found) found {
	f.yes = f.yes&^next.seen | next.yes
	f.seen |= next.seen
	if next.trace != 0 {
		f.trace = next.trace
	}
	if next.request != 0 {
		f.request = next.request
	}
	return f
}

// key is the key to draw by, 0 for none.
func (f *found) key() uint64 {
	if f.trace != 0 {
		return f.trace
	}
	return f.request
}

const (
	keyTrace   = "trace_id"
	keyRequest = "request_id"
	// maxDepth bounds how deep groups are searched.
	maxDepth = 10
)

// watch is the set of attribute keys that a sampler looks for.
type watch struct {
	filter  uint64 // the slots of the keys
	keys    []string
	factors []float64
}

var idFilter = slot(keyTrace) | slot(keyRequest)

func newWatch(importance map[string]float64) *watch {
	w := &watch{filter: idFilter}
	for _, k := range slices.Sorted(maps.Keys(importance)) {
		if k == "" || len(w.keys) == maxImportanceKeys {
			continue
		}
		f := importance[k]
		if math.IsNaN(f) {
			f = 1
		}
		w.keys = append(w.keys, k)
		w.factors = append(w.factors, max(f, 0))
		w.filter |= slot(k)
	}
	return w
}

// slot is the bit of a key in a filter: most other keys have another.
func slot(key string) uint64 {
	if key == "" {
		return 0
	}
	return 1 << ((uint(len(key))*5 + uint(key[0])) & 63)
}

// product is the product of the factors of the keys in set.
func (w *watch) product(set uint64) float64 {
	p := 1.0
	for ; set != 0; set &= set - 1 {
		p *= w.factors[bits.TrailingZeros64(set)]
	}
	return p
}

// bounds are the least and the greatest product that a record can have.
func (w *watch) bounds() (least, most float64) {
	least, most = 1, 1
	for _, f := range w.factors {
		least *= min(f, 1)
		most *= max(f, 1)
	}
	return least, most
}

// identifiers adds what the attributes of r say about its trace. It is the lighter half of record: of groups only those
// without a name need a look.
func (w *watch) identifiers(r *slog.Record, f *found) {
	r.Attrs(func(a slog.Attr) bool {
		if idFilter&slot(a.Key) != 0 || a.Key == "" {
			w.attr(a, f, 0, true)
		}
		return true
	})
}

// record adds what the attributes of r say.
func (w *watch) record(r *slog.Record, f *found) {
	filter := w.filter
	r.Attrs(func(a slog.Attr) bool {
		if filter&slot(a.Key) != 0 || nests(a.Value) {
			w.attr(a, f, 0, true)
		}
		return true
	})
}

// attrs returns what attrs say.
func (w *watch) attrs(attrs []slog.Attr) found {
	var f found
	for i := range attrs {
		w.attr(attrs[i], &f, 0, true)
	}
	return f
}

// block is attrs for a block; the answer is remembered in it.
func (w *watch) block(b *chain.Block) found {
	if b == nil {
		return found{}
	}
	return b.Derive(w, func(b *chain.Block) any { return w.attrs(b.Attrs()) }).(found)
}

// attr adds what a says; top is false inside a named group.
func (w *watch) attr(a slog.Attr, f *found, depth int, top bool) {
	if w.filter&slot(a.Key) != 0 && w.known(a, f, top) {
		return
	}
	if nests(a.Value) {
		w.group(a, f, depth, top)
	}
}

// nests says whether v can be a group.
func nests(v slog.Value) bool {
	k := v.Kind()
	return k == slog.KindGroup || k == slog.KindLogValuer
}

// group looks into a group, and into what turns out to be one.
func (w *watch) group(a slog.Attr, f *found, depth int, top bool) {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup || depth == maxDepth {
		return
	}
	for _, m := range v.Group() {
		w.attr(m, f, depth+1, top && a.Key == "")
	}
}

// known takes a if it is an attribute that is looked for. Identifiers count outside of named groups only: within one
// they may be somebody else's.
func (w *watch) known(a slog.Attr, f *found, top bool) bool {
	if top && (a.Key == keyTrace || a.Key == keyRequest) {
		id := text(a.Value)
		switch {
		case strings.Trim(id, "0") == "": // none, or the all-zero trace
		case a.Key == keyTrace:
			f.trace = scope.Key(id)
		default:
			f.request = scope.Key(id)
		}
		return true
	}
	i, ok := slices.BinarySearch(w.keys, a.Key)
	if !ok {
		return false
	}
	bit := uint64(1) << i
	f.seen |= bit
	f.yes &^= bit
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindBool:
		if v.Bool() {
			f.yes |= bit
		}
	case slog.KindString:
		if v.String() == "true" {
			f.yes |= bit
		}
	}
	return true
}

// text is the text of an identifier, empty for nil.
func text(v slog.Value) string {
	v = v.Resolve()
	if v.Kind() == slog.KindAny && v.Any() == nil {
		return ""
	}
	return v.String()
}
