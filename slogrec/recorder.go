package slogrec

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// Recorder is a slog.Handler that keeps the records it is given, without bound, until [Recorder.Reset]. Make one with
// [New]. The recorder and all handlers grown from it by WithAttrs and WithGroup keep one list. Safe for concurrent use.
type Recorder struct {
	log  *journal
	with *with
}

// journal is what a recorder and its descendants share.
type journal struct {
	min    slog.Leveler
	faults []fault

	mu       sync.Mutex
	grown    *sync.Cond
	records  []Record
	refused  []Record
	recorded int // since New, not reset
}

// with is one WithGroup or WithAttrs call; attrs are resolved.
type with struct {
	group string
	attrs []slog.Attr
	prev  *with
}

// Option changes how a recorder behaves. See [MinLevel], [FailWith], [PanicWith], [BlockOn].
type Option func(*journal)

// MinLevel makes Enabled say no below l. Without it every level is enabled. Handle records whatever it is given.
func MinLevel(l slog.Leveler) Option {
	return func(j *journal) { j.min = l }
}

// New returns an empty recorder.
func New(opts ...Option) *Recorder {
	j := &journal{}
	j.grown = sync.NewCond(&j.mu)
	for _, o := range opts {
		if o != nil {
			o(j)
		}
	}
	return &Recorder{log: j}
}

// Logger is slog.New(r).
func (r *Recorder) Logger() *slog.Logger { return slog.New(r) }

// Enabled says whether l is at least the level of [MinLevel].
func (r *Recorder) Enabled(_ context.Context, l slog.Level) bool {
	return r.log.min == nil || l >= r.log.min.Level()
}

// Handle records sr, unless a fault refuses it. The faults come in the order of the options; the first that fails or
// panics is the last that is tried. A cancelled context changes nothing.
func (r *Recorder) Handle(ctx context.Context, sr slog.Record) error {
	rec := r.record(ctx, sr)
	for _, f := range r.log.faults {
		if f.when.match(rec) {
			if err := r.strike(f, rec); err != nil {
				return err
			}
		}
	}
	j := r.log
	j.mu.Lock()
	defer j.mu.Unlock()
	j.records = append(j.records, rec)
	j.recorded++
	j.grown.Broadcast()
	return nil
}

func (r *Recorder) strike(f fault, rec Record) error {
	done := false
	refuse := func() {
		r.log.mu.Lock()
		defer r.log.mu.Unlock()
		r.log.refused = append(r.log.refused, rec)
	}
	defer func() {
		if !done {
			refuse()
		}
	}()
	err := f.strike()
	done = true
	if err != nil {
		refuse()
	}
	return err
}

// WithAttrs returns a recorder that adds attrs to every record. They are resolved and copied now.
func (r *Recorder) WithAttrs(attrs []slog.Attr) slog.Handler {
	own := resolve(nil, attrs)
	if len(own) == 0 {
		return r
	}
	return &Recorder{log: r.log, with: &with{attrs: own, prev: r.with}}
}

// WithGroup returns a recorder that puts what follows into a group.
func (r *Recorder) WithGroup(name string) slog.Handler {
	if name == "" {
		return r
	}
	return &Recorder{log: r.log, with: &with{group: name, prev: r.with}}
}

func (r *Recorder) record(ctx context.Context, sr slog.Record) Record {
	list := make([]slog.Attr, 0, sr.NumAttrs())
	sr.Attrs(func(a slog.Attr) bool {
		list = resolve(list, []slog.Attr{a})
		return true
	})
	for w := r.with; w != nil; w = w.prev {
		switch {
		case w.group == "":
			list = append(w.attrs[:len(w.attrs):len(w.attrs)], list...)
		case len(list) > 0:
			list = []slog.Attr{{Key: w.group, Value: slog.GroupValue(list...)}}
		}
	}
	return Record{
		Time: sr.Time, Level: sr.Level, Message: sr.Message, PC: sr.PC, Context: ctx,
		Attrs: toMap(list), List: list,
	}
}

// Records returns a copy of the list of what was recorded, in the order in which Handle was done with it. The records'
// maps and slices are shared with the recorder: not to be written to.
func (r *Recorder) Records() []Record {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return append([]Record(nil), r.log.records...)
}

// Refused returns the records for which [FailWith] or [PanicWith] struck, as Records returns the others.
func (r *Recorder) Refused() []Record {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return append([]Record(nil), r.log.refused...)
}

// Len is the number of records in Records.
func (r *Recorder) Len() int {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return len(r.log.records)
}

// Reset forgets the records, also the refused ones. Matchers that count, such as [First], go on counting.
func (r *Recorder) Reset() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.log.records, r.log.refused = nil, nil
}

// Await waits until n records have been recorded since New, whether Reset forgot them or not, or until ctx is done: then
// the error says how many there were.
func (r *Recorder) Await(ctx context.Context, n int) error {
	j := r.log
	stop := context.AfterFunc(ctx, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.grown.Broadcast()
	})
	defer stop()
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.recorded < n {
		if ctx.Err() != nil {
			return fmt.Errorf("slogrec: %d of %d records: %w", j.recorded, n, context.Cause(ctx))
		}
		j.grown.Wait()
	}
	return nil
}

// Find returns the records for which all matchers hold, in order.
func (r *Recorder) Find(matchers ...Matcher) []Record {
	all, m := r.Records(), And(matchers...)
	var found []Record
	for _, rec := range all {
		if m.match(rec) {
			found = append(found, rec)
		}
	}
	return found
}
