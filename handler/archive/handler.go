package archive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/jsonenc"
	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/store"
)

// A Handler puts records into a store. It is safe for concurrent use.
type Handler struct {
	*shared
	with *jsonenc.With
}

var _ chain.Handler = (*Handler)(nil)

// shared is what a handler and all that were derived from it have in common.
type shared struct {
	enc    *jsonenc.Encoder
	level  slog.Leveler
	store  *store.Store
	errors onerror.Sink

	records, bytes, failed, renamed, cut, shrunk, left atomic.Uint64
}

// Stats are the figures of a handler and all handlers derived from it, since it was made.
type Stats struct {
	Records uint64 // that the store took
	Bytes   uint64 // of these
	Errors  uint64 // records that the store refused
	Renamed uint64 // keys that were written under another name
	Cut     uint64 // values that were cut
	Shrunk  uint64 // records that were cut
	Left    uint64 // attributes that were left out of records far over MaxRecord
	Store   store.Stats
}

// Store returns the store, which stays the handler's.
func (h *Handler) Store() *store.Store { return h.store }

// NewHandler returns a handler that puts records into s, which it owns from then on: Close closes it. Opts may be nil. An error
// names the options that are out of range.
func NewHandler(s *store.Store, opts *Options) (*Handler, error) {
	if s == nil {
		return nil, errors.New("archive: no store")
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Level == nil {
		o.Level = slog.LevelInfo
	}
	return &Handler{shared: &shared{
		enc: jsonenc.New(jsonenc.Config{
			AddSource: o.AddSource, MaxValue: o.MaxValue, MaxRecord: o.MaxRecord, MaxDepth: o.MaxDepth,
		}),
		level:  o.Level,
		store:  s,
		errors: onerror.Sink{Component: "archive", Func: o.OnError},
	}}, nil
}

// Enabled says whether records of level l are stored.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// Handle stores r. The error is that of the store; it has been counted and reported.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	return h.handle(&r, &chain.Root{})
}

// HandleRoot is Handle for a record with root attributes, which go before all others and outside of any group.
func (h *Handler) HandleRoot(_ context.Context, r slog.Record, root chain.Root) error {
	return h.handle(&r, &root)
}

func (h *Handler) handle(r *slog.Record, root *chain.Root) error {
	b := jsonenc.NewBuffer()
	defer b.Free()
	h.enc.Append(b, r, root, h.with)
	if err := h.store.Append(b.B); err != nil {
		err = fmt.Errorf("archive: %w", err)
		h.failed.Add(1)
		h.errors.Report(err)
		return err
	}
	h.records.Add(1)
	h.bytes.Add(uint64(len(b.B)))
	if b.Notes != (jsonenc.Notes{}) {
		h.renamed.Add(uint64(b.Notes.Renamed))
		h.cut.Add(uint64(b.Notes.Values))
		h.shrunk.Add(uint64(b.Notes.Records))
		h.left.Add(uint64(b.Notes.Left))
	}
	return nil
}

// WithAttrs returns a handler whose records have attrs too, in its innermost group. They are encoded now.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := h.enc.WithAttrs(h.with, attrs)
	if with == h.with {
		return h
	}
	return &Handler{shared: h.shared, with: with}
}

// WithGroup returns a handler that puts what follows into the group name. A group without attributes is not written.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{shared: h.shared, with: h.enc.WithGroup(h.with, name)}
}

// Flush returns when every record handled before is in the store's journal and, unless the store is never synced, on disk.
func (h *Handler) Flush(ctx context.Context) error { return h.store.Flush(ctx) }

// Close closes the store. When ctx ends first it returns its error and the rest goes on behind it. Later records are refused and
// counted. A second Close returns what the first did.
func (h *Handler) Close(ctx context.Context) error { return h.store.Close(ctx) }

// Stats returns the figures.
func (h *Handler) Stats() Stats {
	return Stats{
		Records: h.records.Load(), Bytes: h.bytes.Load(), Errors: h.failed.Load(), Renamed: h.renamed.Load(), Cut: h.cut.Load(),
		Shrunk: h.shrunk.Load(), Left: h.left.Load(), Store: h.store.Stats(),
	}
}
