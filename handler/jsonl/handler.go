package jsonl

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/jsonenc"
	"github.com/sluicelog/sluice/internal/onerror"
)

// A Handler writes records as JSON lines. It is safe for concurrent use.
type Handler struct {
	*shared
	with *jsonenc.With
}

var _ chain.Handler = (*Handler)(nil)

// shared is what a handler and all that were derived from it have in common.
type shared struct {
	enc    *jsonenc.Encoder
	level  slog.Leveler
	errors onerror.Sink

	mu    sync.Mutex
	w     io.Writer
	stats Stats // Errors aside
}

// Stats are the figures of a handler and all handlers derived from it, since it was made.
type Stats struct {
	Records uint64 // lines that the writer took
	Bytes   uint64 // bytes that the writer took, those of a short write included
	Errors  uint64 // records that the writer refused, or took only in part
	Renamed uint64 // keys that were written under another name
	Cut     uint64 // values that were cut
	Shrunk  uint64 // records that were cut
	Left    uint64 // attributes that were left out, of records of more than four times MaxRecord and eight times MaxValue
}

// NewHandler returns a handler that writes to w, each record by one call of Write, never two at a time. W must not
// keep the slice that it is given. Opts may be nil; values out of range are clamped, see [Options.Validate].
func NewHandler(w io.Writer, opts *Options) *Handler {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Level == nil {
		o.Level = slog.LevelInfo
	}
	return &Handler{shared: &shared{
		enc:    jsonenc.New(o.config()),
		level:  o.Level,
		errors: onerror.Sink{Component: "jsonl", Func: o.OnError},
		w:      w,
	}}
}

// Enabled says whether records of level l are written.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// Handle writes r. The error is that of the writer; it has been counted and reported.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	return h.handle(&r, &chain.Root{})
}

// HandleRoot is Handle for a record with root attributes, which go before all others and outside of any group.
func (h *Handler) HandleRoot(_ context.Context, r slog.Record, root chain.Root) error {
	return h.handle(&r, &root)
}

func (h *Handler) handle(r *slog.Record, root *chain.Root) error {
	b := jsonenc.NewBuffer()
	h.enc.Append(b, r, root, h.with)
	b.B = append(b.B, '\n')
	err := h.write(b)
	b.Free()
	if err != nil {
		h.errors.Report(err)
	}
	return err
}

// write hands a line to the writer. A writer that panics has failed; others must still be able to log.
func (s *shared) write(b *jsonenc.Buffer) (err error) {
	s.mu.Lock()
	defer func() {
		s.mu.Unlock()
		if p := recover(); p != nil {
			err = fmt.Errorf("jsonl: the writer panicked: %v", p)
		}
	}()
	n, err := s.w.Write(b.B)
	if err == nil && n < len(b.B) {
		err = io.ErrShortWrite
	}
	if n > 0 {
		s.stats.Bytes += uint64(min(n, len(b.B)))
	}
	if err != nil {
		return fmt.Errorf("jsonl: %d of %d bytes written: %w", n, len(b.B), err)
	}
	s.stats.Records++
	if b.Notes != (jsonenc.Notes{}) {
		s.stats.Renamed += uint64(b.Notes.Renamed)
		s.stats.Cut += uint64(b.Notes.Values)
		s.stats.Shrunk += uint64(b.Notes.Records)
		s.stats.Left += uint64(b.Notes.Left)
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

// Stats returns the figures.
func (h *Handler) Stats() Stats {
	h.mu.Lock()
	st := h.stats
	h.mu.Unlock()
	st.Errors = h.errors.Count()
	return st
}
