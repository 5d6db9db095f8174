package jsonenc

import (
	"slices"
	"sync"
)

// A Buffer is what records are encoded into. It is used by one goroutine at a time; a buffer may take any number of
// records, one after the other, of any encoders. Get one with [NewBuffer] and give it back with Free.
type Buffer struct {
	// B holds the bytes. The owner may write to it and cut it between records; it stays below 4 GiB.
	B []byte
	// Notes counts what had to be changed, over all records since the owner last cleared it.
	Notes Notes

	enc      *Encoder
	maxValue int
	origin   int // where the record starts in B
	stop     int // past this length of B attributes are left out
	left     int // attributes left out

	keys       []keyRef   // of the open objects, outermost first
	segments   [4]segment // static, scope, With, its innermost group
	nsegments  int
	object     object // the innermost open object
	index      index
	depth      int // open objects
	inlined    int // open groups without a key
	settled    int // attributes that settle has looked into
	textDepth  int // past the depth limit: open objects within a text
	writesRoot bool
	misses     uint // keys that were not known
	side       sides

	recordTime, attrTime second
}

// Notes counts what an encoder had to change.
type Notes struct {
	Renamed int // keys
	Values  int // values that were cut
	Records int // records that were cut
	Left    int // attributes that were left out of such a record
}

func (n *Notes) add(o Notes) {
	n.Renamed += o.Renamed
	n.Values += o.Values
	n.Records += o.Records
	n.Left += o.Left
}

// maxPooled is the capacity above which a buffer is left to the garbage collector.
const maxPooled = 64 << 10

var buffers = sync.Pool{New: func() any {
	return &Buffer{B: make([]byte, 0, 1<<10), keys: make([]keyRef, 0, 32)}
}}

// NewBuffer returns an empty buffer.
func NewBuffer() *Buffer { return buffers.Get().(*Buffer) }

// Free gives b back. Neither b nor b.B may be used afterwards.
func (b *Buffer) Free() {
	if cap(b.B) > maxPooled || cap(b.keys) > maxPooled/16 || cap(b.side.text[0])+cap(b.side.text[1]) > maxPooled {
		return
	}
	b.B, b.Notes = b.B[:0], Notes{}
	clear(b.segments[:])
	buffers.Put(b)
}

// start prepares b for a record.
func (b *Buffer) start(e *Encoder) {
	b.enc, b.maxValue = e, e.MaxValue
	b.origin = len(b.B)
	b.stop = b.origin + 4*e.MaxRecord + 8*e.MaxValue
	b.left = 0
	b.keys = b.keys[:0]
	b.nsegments = 0
	b.object = object{filter: e.filter, root: true}
	b.index.n = 0
	b.depth, b.inlined, b.settled = e.rootDepth(), 0, 0
	b.textDepth = 0
	if e.Layout != nil {
		b.side.clear()
	}
}

// grow makes room for n further bytes and a key.
//
//go:noinline
func (b *Buffer) grow(n int) {
	b.B = slices.Grow(b.B, n)
	b.keys = slices.Grow(b.keys, 1)
}
