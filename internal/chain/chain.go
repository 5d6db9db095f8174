// Package chain is how sluice's handlers hand a record's root attributes to each other by reference.
//
// A slog.Handler can only add attributes to the group its logger is in, and only by copying the record's attribute
// slice. Trace and request identifiers belong at the root of a record whatever WithGroup said, and a request's
// attributes are the same for all of its records. So a handler that knows this package receives them beside the
// record, as a [Root]; every other handler receives them as ordinary attributes, through [Adapt].
package chain

import (
	"context"
	"log/slog"
)

// Handler is a slog.Handler that takes root attributes beside the record. Handle(ctx, r) is HandleRoot with a zero
// Root. A middleware of sluice implements it and calls HandleRoot of its next handler, which it got from [Adapt].
type Handler interface {
	slog.Handler
	HandleRoot(ctx context.Context, r slog.Record, root Root) error
}

// Masker masks attributes. It returns attrs itself, not a copy, when there is nothing to mask, and never writes to
// attrs. It must be comparable (a pointer): blocks remember their masked form by it.
type Masker interface {
	MaskAttrs(attrs []slog.Attr) []slog.Attr
}

// Root holds the attributes that belong at the root of one record. It is passed by value; what it points to is
// immutable and may be shared by many records, and may be kept after HandleRoot returned (Record included).
// The zero Root adds nothing.
type Root struct {
	// Static are the attributes of the process (service, host, …), nil for none.
	Static *Block
	// Scope are the attributes of the request (request_id, trace_id, …), nil for none.
	Scope *Block
	// Record are the attributes that only this record has (error expansion, …). Owned by the record: immutable
	// once it has been handed on; who adds to it clips the slice first (append(r.Record[:n:n], …)).
	Record []slog.Attr
	// Rate is the sampling rate by which the record was kept, in (0, 1]; written as sample_rate. 0 means that no
	// sampler saw it.
	Rate float64
	// Key is a hash of the trace (else the request) that the record belongs to, 0 for unknown. Records with one Key
	// are sampled together and stay in order.
	Key uint64
	// Plain says that all of the record's own attributes have been seen, and that none is of KindAny, KindLogValuer or
	// KindGroup: who looks for errors or for values that could change need not walk it again. Who puts such an attribute
	// into the record clears it.
	Plain bool
	// Mask is the mask that the record has passed, nil for none. Who adds attributes further down must add them
	// through it.
	Mask Masker
}

// KeySampleRate is the attribute that stands for Root.Rate.
const KeySampleRate = "sample_rate"

// Empty says whether the root adds no attribute.
func (r *Root) Empty() bool {
	return r.Static == nil && r.Scope == nil && len(r.Record) == 0 && r.Rate == 0
}

// Masked returns attrs as the mask that the record has passed leaves them.
func (r *Root) Masked(attrs []slog.Attr) []slog.Attr {
	if r.Mask == nil || len(attrs) == 0 {
		return attrs
	}
	return r.Mask.MaskAttrs(attrs)
}

// MaskedBlock is Masked for a block; the result is remembered in b.
func (r *Root) MaskedBlock(b *Block) *Block {
	if r.Mask == nil || b == nil {
		return b
	}
	return b.MaskedBy(r.Mask)
}

// Append appends the root's attributes to dst in the order in which they are written: static, scope, record, rate.
func (r *Root) Append(dst []slog.Attr) []slog.Attr {
	if r.Static != nil {
		dst = append(dst, r.Static.attrs...)
	}
	if r.Scope != nil {
		dst = append(dst, r.Scope.attrs...)
	}
	dst = append(dst, r.Record...)
	if r.Rate != 0 {
		dst = append(dst, slog.Float64(KeySampleRate, r.Rate))
	}
	return dst
}

// Len is the number of attributes that Append appends.
func (r *Root) Len() int {
	n := len(r.Record)
	if r.Static != nil {
		n += len(r.Static.attrs)
	}
	if r.Scope != nil {
		n += len(r.Scope.attrs)
	}
	if r.Rate != 0 {
		n++
	}
	return n
}
