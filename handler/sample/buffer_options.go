package sample

import (
	"errors"
	"fmt"
	"log/slog"
)

const (
	defaultMaxRecords = 256
	defaultMaxBytes   = 256 << 10
	defaultTotalBytes = 64 << 20
)

// BufferOptions are the settings of a Buffer. The zero BufferOptions are the recommended production setting.
type BufferOptions struct {
	// Hold is the level below which a request's records are held. Nil means WARN: DEBUG and INFO are held.
	Hold slog.Leveler
	// Release is the level from which a record releases what its request holds. Nil means ERROR; a level below Hold is
	// taken for Hold.
	Release slog.Leveler
	// Level is the level from which a request's records are held though the next handler is not enabled for them, and
	// released to it though it is not: LevelDebug behind a sink for INFO shows the debug records of failed requests.
	// Nil means that only records are held for which the next handler is enabled.
	Level slog.Leveler

	// MaxRecords and MaxBytes bound what one request holds; its oldest records are evicted. 0 means 256 records and
	// 256 KiB. Bytes are estimated: strings, byte slices and groups by their size, other values of any type as 256.
	MaxRecords, MaxBytes int
	// TotalBytes bounds what all requests hold together; the oldest request's records are evicted. 0 means 64 MiB;
	// below MaxBytes is taken for MaxBytes.
	TotalBytes int
}

// Validate reports every value that is out of range; NewBuffer clamps them. A nil BufferOptions is valid.
func (o *BufferOptions) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	for _, f := range []struct {
		name  string
		value int
	}{{"MaxRecords", o.MaxRecords}, {"MaxBytes", o.MaxBytes}, {"TotalBytes", o.TotalBytes}} {
		if f.value < 0 {
			errs = append(errs, fmt.Errorf("sample: BufferOptions.%s: %d is negative", f.name, f.value))
		}
	}
	c := o.clamped()
	if hold, release := c.Hold.Level(), c.Release.Level(); release < hold {
		errs = append(errs, fmt.Errorf("sample: BufferOptions.Release: %s is below Hold, which is %s", name(release), name(hold)))
	}
	if o.TotalBytes > 0 && o.TotalBytes < c.MaxBytes {
		errs = append(errs, fmt.Errorf("sample: BufferOptions.TotalBytes: %d is below MaxBytes, which is %d", o.TotalBytes, c.MaxBytes))
	}
	return errors.Join(errs...)
}

// clamped returns the options with defaults for zero values and every value in range. A nil o is the zero options.
func (o *BufferOptions) clamped() BufferOptions {
	var c BufferOptions
	if o != nil {
		c = *o
	}
	if c.Hold == nil {
		c.Hold = slog.LevelWarn
	}
	if c.Release == nil {
		c.Release = slog.LevelError
	}
	c.MaxRecords = positive(c.MaxRecords, defaultMaxRecords)
	c.MaxBytes = positive(c.MaxBytes, defaultMaxBytes)
	c.TotalBytes = max(positive(c.TotalBytes, defaultTotalBytes), c.MaxBytes)
	return c
}

func positive(n, zero int) int {
	if n <= 0 {
		return zero
	}
	return n
}
