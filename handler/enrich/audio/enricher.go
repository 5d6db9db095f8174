package audio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/provider"
)

// Type is the value of the attribute type of the records that an Enricher enriches.
const Type = "audio_processing"

// MeasuredMessage is the message of the records that Options.Logger gets.
const MeasuredMessage = "audio quality measured"

// Options for New. The zero value has stage metrics and quality metrics.
type Options struct {
	// Metadata finds the attributes of an audio_id. nil means that none are added.
	Metadata provider.Provider
	// Cache are the settings of the metadata's cache; nil means those of provider.Cached. Its Budget bounds what a log call
	// waits for metadata.
	Cache *provider.Options
	// Root is the directory that output_path is in: one that leads out of it is not measured, also not by a symbolic link, and a
	// relative one is taken to be in it. Empty means any regular file.
	Root string
	// OmitQuality and OmitStages leave the groups quality and stage_metrics out.
	OmitQuality, OmitStages bool
	// Logger gets a record for each file that was measured, at INFO, with output_path and the group quality, in the context of the
	// record that named it first. nil means none.
	Logger *slog.Logger
	// Timeout bounds the measuring of one file. 0 means 30 seconds.
	Timeout time.Duration
	// OnError receives what went wrong while a file was measured. nil means stderr, the first of a kind per minute.
	OnError func(error)
}

// Validate says which fields cannot be used and what was expected; nil options are valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	if o.Timeout < 0 {
		errs = append(errs, fmt.Errorf("audio: Timeout is %v: want more than 0, or 0 for 30s", o.Timeout))
	}
	return errors.Join(append(errs, o.Cache.Validate())...)
}

// Enricher is an [enrich.Enricher] for records of an audio pipeline. It is made by [New]. Safe for concurrent use.
type Enricher struct {
	metadata, quality *provider.Cache
	stages            *stages
	root              *os.Root
}

var _ enrich.Enricher = (*Enricher)(nil)

// New returns an enricher. Who makes it closes it. opts may be nil. The error is about the options, or the directory Root.
func New(opts *Options) (*Enricher, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	e := &Enricher{}
	if !o.OmitStages {
		e.stages = &stages{}
	}
	var err error
	if o.Metadata != nil {
		if e.metadata, err = provider.Cached("audio", "audio_id", o.Metadata, o.Cache); err != nil {
			return nil, err
		}
	}
	if o.OmitQuality {
		return e, nil
	}
	if o.Root != "" {
		if e.root, err = os.OpenRoot(o.Root); err != nil {
			return nil, errors.Join(fmt.Errorf("audio: Root: %w", err), e.Close(context.Background()))
		}
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	e.quality, err = provider.Cached("quality", "output_path", provider.Func(func(ctx context.Context, path string) ([]slog.Attr, error) {
		q, err := e.measure(ctx, o.Root, path)
		if err != nil {
			return nil, err
		}
		attrs := q.Attrs()
		if o.Logger != nil {
			o.Logger.LogAttrs(ctx, slog.LevelInfo, MeasuredMessage, slog.String("output_path", path), slog.Attr{Key: "quality", Value: slog.GroupValue(attrs...)})
		}
		return attrs, nil
	}), &provider.Options{Budget: -1, Timeout: o.Timeout, Workers: 1, OnError: o.OnError})
	if err != nil {
		return nil, errors.Join(err, e.Close(context.Background()))
	}
	return e, nil
}

func (e *Enricher) measure(ctx context.Context, dir, path string) (Quality, error) {
	if e.root == nil {
		return MeasureFile(ctx, path)
	}
	path, err := within(dir, path)
	if err != nil {
		return Quality{}, err
	}
	f, size, err := openIn(e.root, path)
	if err != nil {
		return Quality{}, err
	}
	defer func() { _ = f.Close() }()
	return Measure(ctx, f, size)
}

// Enrich adds the groups audio, stage_metrics and quality, as far as the record has what they are found by.
func (e *Enricher) Enrich(ctx context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	if v, ok := r.Attr("type"); !ok || v.Kind() != slog.KindString || v.String() != Type {
		return dst
	}
	if e.metadata != nil {
		dst = e.metadata.Enrich(ctx, r, dst)
	}
	if e.stages != nil {
		dst = e.stage(r, dst)
	}
	if e.quality != nil {
		dst = e.quality.Enrich(ctx, r, dst)
	}
	return dst
}

func (e *Enricher) stage(r enrich.Record, dst []slog.Attr) []slog.Attr {
	name, ok := r.Attr("processing_stage")
	if !ok {
		if name, ok = r.Attr("stage"); !ok {
			return dst
		}
	}
	ms := milliseconds(r)
	outcome, _ := r.Attr("outcome")
	failed := r.Level() >= slog.LevelError || outcome.Kind() == slog.KindString && outcome.String() == "failure"
	if !(ms >= 0) && !failed || name.Kind() != slog.KindString {
		return dst
	}
	st := e.stages.get(name.String())
	if st == nil {
		return dst
	}
	return append(dst, st.add(ms, failed))
}

// milliseconds is the record's duration_ms, else its duration, negative for none.
func milliseconds(r enrich.Record) float64 {
	if v, ok := r.Attr("duration_ms"); ok {
		switch v.Kind() {
		case slog.KindFloat64:
			return v.Float64()
		case slog.KindInt64:
			return float64(v.Int64())
		case slog.KindUint64:
			return float64(v.Uint64())
		}
	}
	if v, ok := r.Attr("duration"); ok && v.Kind() == slog.KindDuration {
		return float64(v.Duration()) / float64(time.Millisecond)
	}
	return -1
}

// Stats are the figures of the two caches, zero for one that is not there.
type Stats struct{ Metadata, Quality provider.Stats }

// Stats returns the figures as they are now.
func (e *Enricher) Stats() (s Stats) {
	if e.metadata != nil {
		s.Metadata = e.metadata.Stats()
	}
	if e.quality != nil {
		s.Quality = e.quality.Stats()
	}
	return s
}

// Close ends what is being fetched and measured, waiting for it until ctx ends. Idempotent.
func (e *Enricher) Close(ctx context.Context) error {
	var errs []error
	for _, c := range []*provider.Cache{e.metadata, e.quality} {
		if c != nil {
			errs = append(errs, c.Close(ctx))
		}
	}
	if e.root != nil {
		errs = append(errs, e.root.Close())
	}
	return errors.Join(errs...)
}
