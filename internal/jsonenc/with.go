package jsonenc

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/internal/chain"
)

// A fragment is a run of members of a record's root that was encoded once, each with a comma before it.
type fragment struct {
	text   []byte
	keys   []keyRef // those of the root
	filter filter   // of keys
	notes  Notes
	side   sides // of a layout
}

// A With holds what WithAttrs and WithGroup gave to a logger. It is immutable; nil stands for a logger that has nothing.
type With struct {
	fragment
	open    int      // groups that are open at the end of the fragment
	depth   int      // of the innermost of them
	inner   fragment // its keys are those of the innermost open group
	pending []string // groups that no attribute has opened yet
	deep    *deep    // what lies past the depth limit
}

// deep holds groups and attributes past the depth limit, the latest first. They are put around each record's own, to
// be written as the text that a group becomes there.
type deep struct {
	group string
	attrs []slog.Attr
	prev  *deep
}

func (d *deep) wrap(attrs []slog.Attr) []slog.Attr {
	for ; d != nil; d = d.prev {
		if d.group != "" {
			attrs = []slog.Attr{{Key: d.group, Value: slog.GroupValue(attrs...)}}
			continue
		}
		attrs = append(slices.Clip(d.attrs), attrs...)
	}
	return attrs
}

// WithGroup returns w with a further group. An empty name returns w.
func (e *Encoder) WithGroup(w *With, name string) *With {
	if name == "" {
		return w
	}
	n := &With{}
	if w != nil {
		*n = *w
	}
	depth := n.depth
	if n.open == 0 {
		depth = e.rootDepth()
	}
	for _, pending := range n.pending {
		depth += 1 + e.pathDots(pending)
	}
	if n.deep != nil || depth+e.pathDots(name) >= e.MaxDepth {
		n.deep = &deep{group: name, prev: n.deep}
	} else {
		n.pending = append(slices.Clip(n.pending), name)
	}
	return n
}

// rootDepth is the depth of the object that has the attributes.
func (e *Encoder) rootDepth() int {
	if e.Layout != nil && e.Layout.Main != "" {
		return 2
	}
	return 1
}

// pathDots counts the dots of a group's name that make objects.
func (e *Encoder) pathDots(name string) int {
	if e.Layout == nil {
		return 0
	}
	return strings.Count(name, ".")
}

// WithAttrs returns w with further attributes. It returns w when all of them are empty.
func (e *Encoder) WithAttrs(w *With, attrs []slog.Attr) *With {
	b := e.fragmentBuffer()
	defer b.Free()
	attrs = b.settle(attrs)
	if len(attrs) == 0 {
		return w
	}
	if w == nil {
		w = &With{}
	}
	n := *w
	if w.deep != nil {
		n.deep = &deep{attrs: slices.Clone(attrs), prev: w.deep}
		return &n
	}
	b.with(w)
	b.list()
	n.pending, n.open = nil, w.open+len(w.pending)
	rootKeys := len(b.keys)
	for i, name := range w.pending {
		b.open(name)
		if i == 0 {
			rootKeys = b.object.keys
		}
	}
	for i := range attrs {
		if n.open == 0 {
			b.place(&attrs[i])
		} else {
			b.attr(&attrs[i])
		}
	}
	n.text, n.notes, n.depth = bytes.Clone(b.B[1:]), b.Notes, b.depth
	n.setSide(b)
	n.notes.Left += b.left
	if w.open == 0 {
		if n.open == 0 {
			rootKeys = len(b.keys)
		}
		n.setKeys(b.keys[:rootKeys])
	}
	if n.open > 0 {
		n.inner.setKeys(b.keys[b.object.keys:])
	}
	return &n
}

// fragmentBuffer returns a buffer in which members of the root can be written, behind one byte that is none of theirs.
func (e *Encoder) fragmentBuffer() *Buffer {
	b := NewBuffer()
	b.B = append(b.B[:0], ' ')
	b.start(e)
	return b
}

// setKeys takes copies of keys that were made in a fragmentBuffer.
func (f *fragment) setKeys(keys []keyRef) {
	f.keys, f.filter = slices.Clone(keys), filter{}
	for i := range f.keys {
		f.keys[i].pos--
		f.keys[i].end--
		f.filter.add(f.keys[i].hash)
	}
}

// setSide takes a copy of what was routed elsewhere.
func (f *fragment) setSide(b *Buffer) {
	if b.enc.Layout == nil {
		return
	}
	f.side.has, f.side.root = b.side.has, b.side.root
	for i := range f.side.text {
		f.side.text[i] = bytes.Clone(b.side.text[i])
	}
}

// newBlock encodes the attributes of a block.
func (e *Encoder) newBlock(attrs []slog.Attr) *fragment {
	b := e.fragmentBuffer()
	defer b.Free()
	b.writesRoot = true
	for i := range attrs {
		b.place(&attrs[i])
	}
	b.writesRoot = false
	f := &fragment{text: bytes.Clone(b.B[1:]), notes: b.Notes}
	f.setSide(b)
	f.notes.Left += b.left
	f.setKeys(b.keys)
	return f
}

// block writes a block of root attributes.
func (b *Buffer) block(blk *chain.Block) {
	b.members(blk.Derive(b.enc.key, b.enc.encodeBlock).(*fragment), true)
}

// with writes the attributes of w and leaves the groups open that they opened.
func (b *Buffer) with(w *With) {
	b.members(&w.fragment, false)
	if w.open == 0 {
		return
	}
	// Keys of the root may have grown; all of them lie before those of the groups.
	base := len(b.B) - len(w.text)
	b.object = object{filter: w.inner.filter, keys: len(b.keys), segment: b.nsegments}
	b.segments[b.nsegments] = segment{keys: w.inner.keys, base: uint32(base)}
	b.nsegments++
	b.depth = w.depth
}

// members writes a fragment. Its keys are looked at one by one only where the root has some of about the same hash.
func (b *Buffer) members(f *fragment, root bool) {
	s := segment{keys: f.keys, base: uint32(len(b.B)), root: root}
	if len(f.text) > 0 && b.B[len(b.B)-1] == '{' { // the first of the main object of a layout
		s.base--
		b.B = append(b.B[:len(b.B)-1], f.text...)
		b.B[s.base] = '{'
	} else {
		b.B = append(b.B, f.text...)
	}
	if f.side.has != 0 {
		b.join(&f.side, root)
	}
	if f.notes != (Notes{}) {
		b.Notes.add(f.notes)
	}
	if (b.nsegments > 0 || len(b.keys) > 0) && b.object.filter.meets(&f.filter) && b.hasAny(f.keys) {
		b.list()
		i := len(b.keys)
		b.listKeys(s)
		for ; i < len(b.keys); i++ {
			b.settleKey(i)
		}
		return
	}
	b.object.filter.join(&f.filter)
	b.segments[b.nsegments] = s
	b.nsegments++
}

// hasAny says whether the root has a key with the hash of one of keys.
func (b *Buffer) hasAny(keys []keyRef) bool {
	for i := range keys {
		if hash := keys[i].hash; b.object.filter.has(hash) && (b.segmentHas(hash) || b.listed(hash)) {
			return true
		}
	}
	return false
}

func (b *Buffer) listed(hash uint32) bool {
	return slices.ContainsFunc(b.keys, func(k keyRef) bool { return k.hash == hash })
}
