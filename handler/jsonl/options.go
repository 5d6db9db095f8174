package jsonl

import (
	"log/slog"

	"github.com/sluicelog/sluice/internal/jsonenc"
)

// Options say what a Handler writes. The zero value, and a nil pointer, are the recommended setting.
type Options struct {
	// Level is the lowest level that is written. Nil means slog.LevelInfo. It may change at run time.
	Level slog.Leveler
	// AddSource adds the place of the log call, as source.function, source.file and source.line.
	AddSource bool
	// MaxValue is the length in bytes, before escaping, over which a value is cut. 0 means 32 KiB; at least 64.
	MaxValue int
	// MaxRecord is the length in bytes over which a line is cut. 0 means 1 MiB; at least 1 KiB.
	MaxRecord int
	// MaxDepth is how many objects may lie within each other, the record itself being the first. 0 means 20; from 2
	// to 1000.
	MaxDepth int
	// OnError receives the errors of the writer, from the goroutine that logs and outside of any lock. It may be called
	// concurrently. Nil means that the first of a kind per minute goes to stderr.
	OnError func(error)
}

// Validate returns an error that names every field that is out of range; NewHandler clamps these. Nil options are
// valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	return o.config().Validate("jsonl", jsonenc.MaxBytes)
}

func (o *Options) config() jsonenc.Config {
	return jsonenc.Config{AddSource: o.AddSource, MaxValue: o.MaxValue, MaxRecord: o.MaxRecord, MaxDepth: o.MaxDepth}
}
