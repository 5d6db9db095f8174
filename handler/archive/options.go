package archive

import (
	"log/slog"

	"github.com/sluicelog/sluice/internal/jsonenc"
)

// Options say what a Handler writes. The zero value, and a nil pointer, are the recommended setting.
type Options struct {
	// Level is the lowest level that is stored. Nil means slog.LevelInfo. It may change at run time.
	Level slog.Leveler
	// AddSource adds the place of the log call, as source.function, source.file and source.line.
	AddSource bool
	// MaxValue is the length in bytes, before escaping, over which a value is cut. 0 means 32 KiB; at least 64.
	MaxValue int
	// MaxRecord is the length in bytes over which a record is cut. 0 means 1 MiB; from 1 KiB to 4 MiB.
	MaxRecord int
	// MaxDepth is how many objects may lie within each other, the record itself being the first. 0 means 20; from 2
	// to 1000.
	MaxDepth int
	// OnError receives the errors of the store, from the goroutine that logs and outside of any lock. It may be called
	// concurrently. Nil means that the first of a kind per minute goes to stderr.
	OnError func(error)
}

const maxRecord = 4 << 20 // below what the store takes, marks included

// Validate returns an error that names every field that is out of range. Nil options are valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	c := jsonenc.Config{MaxValue: o.MaxValue, MaxRecord: o.MaxRecord, MaxDepth: o.MaxDepth}
	return c.Validate("archive", maxRecord)
}
