package chain

import (
	"log/slog"
	"sync/atomic"
)

// Block is an immutable list of attributes shared by many records. What is derived from it (its masked form, its
// encoded form) is computed once and remembered. Safe for concurrent use.
type Block struct {
	attrs   []slog.Attr
	derived atomic.Pointer[derivation]
}

type derivation struct {
	key, value any
	next       *derivation
	depth      int
}

// maxDerived bounds what a block remembers: beyond it a derivation is computed each time.
const maxDerived = 8

// NewBlock returns a block of attrs, which the caller no longer writes to. It returns nil for no attributes.
func NewBlock(attrs []slog.Attr) *Block {
	if len(attrs) == 0 {
		return nil
	}
	return &Block{attrs: attrs[:len(attrs):len(attrs)]}
}

// Attrs returns the attributes; not to be written to. A nil block has none.
func (b *Block) Attrs() []slog.Attr {
	if b == nil {
		return nil
	}
	return b.attrs
}

// Derive returns what derive made of the block for key, remembering it. Key must be comparable. Two goroutines may
// both compute; one result is kept.
func (b *Block) Derive(key any, derive func(*Block) any) any {
	head := b.derived.Load()
	for d := head; d != nil; d = d.next {
		if d.key == key {
			return d.value
		}
	}
	v := derive(b)
	for {
		depth := 1
		if head != nil {
			depth = head.depth + 1
		}
		if depth > maxDerived {
			return v
		}
		if b.derived.CompareAndSwap(head, &derivation{key: key, value: v, next: head, depth: depth}) {
			return v
		}
		head = b.derived.Load()
	}
}

type maskKey struct{ m Masker }

// MaskedBy returns the block as m leaves it: b itself when there is nothing to mask.
func (b *Block) MaskedBy(m Masker) *Block {
	// Looked up here first: the key that Derive takes would be allocated for every record.
	for d := b.derived.Load(); d != nil; d = d.next {
		if k, ok := d.key.(maskKey); ok && k.m == m {
			return d.value.(*Block)
		}
	}
	return b.Derive(maskKey{m}, func(b *Block) any {
		masked := m.MaskAttrs(b.attrs)
		if len(masked) == len(b.attrs) && &masked[0] == &b.attrs[0] {
			return b
		}
		nb := NewBlock(masked)
		if nb != nil {
			// Masking is idempotent: a second pass of the same mask finds its own work done.
			nb.derived.Store(&derivation{key: maskKey{m}, value: nb, depth: 1})
		}
		return nb
	}).(*Block)
}
