package bench

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"

	"github.com/sluicelog/sluice/internal/chain"
)

// nop is a sink that does nothing: what is before it is what is measured.
type nop struct{}

func (nop) Enabled(context.Context, slog.Level) bool  { return true }
func (nop) Handle(context.Context, slog.Record) error { return nil }
func (n nop) WithAttrs([]slog.Attr) slog.Handler      { return n }
func (n nop) WithGroup(string) slog.Handler           { return n }

// end is nop for the stages of sluice, which hand it a record's root by reference, as they do to each other and to jsonl.
// With a gate it waits for that.
type end struct {
	nop
	gate <-chan struct{}
}

func (e end) WithAttrs([]slog.Attr) slog.Handler { return e }
func (e end) WithGroup(string) slog.Handler      { return e }
func (e end) Handle(ctx context.Context, r slog.Record) error {
	return e.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot takes what stages of sluice hand on.
func (e end) HandleRoot(context.Context, slog.Record, chain.Root) error {
	if e.gate != nil {
		<-e.gate
	}
	return nil
}

// zerologDiode is zerolog before a ring that overwrites the oldest lines.
func zerologDiode(name string) Case {
	return Case{name, func(<-chan struct{}) (func(), func()) {
		w := diode.NewWriter(io.Discard, 1<<16, time.Millisecond, func(int) {})
		log := zerolog.New(w).With().Timestamp().Logger()
		return func() { recordZerolog(&log) }, func() { _ = w.Close() }
	}}
}

// channel is the queue that is written most often: a goroutine that reads records from a channel.
func channel(name string) Case {
	return Case{name, func(gate <-chan struct{}) (func(), func()) {
		h := newChannelHandler(end{gate: gate}, Places)
		log := slog.New(h)
		ctx := context.Background()
		return func() { record(ctx, log) }, h.close
	}}
}

// channelHandler hands cloned records to a goroutine; it blocks when the channel is full.
type channelHandler struct {
	nop
	records chan slog.Record
	done    sync.WaitGroup
}

func newChannelHandler(next slog.Handler, capacity int) *channelHandler {
	h := &channelHandler{records: make(chan slog.Record, capacity)}
	h.done.Go(func() {
		for r := range h.records {
			_ = next.Handle(context.Background(), r)
		}
	})
	return h
}

// Handle hands a clone of r on.
func (h *channelHandler) Handle(_ context.Context, r slog.Record) error {
	h.records <- r.Clone()
	return nil
}

func (h *channelHandler) close() {
	close(h.records)
	h.done.Wait()
}
