package rotate

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Compression says what becomes of a rotated file.
type Compression string

// The compressions; the empty one is Zstd.
const (
	Zstd          Compression = "zstd"
	Gzip          Compression = "gzip"
	NoCompression Compression = "none"
)

// SyncPolicy says when what was written is forced to disk (fsync).
type SyncPolicy string

// The policies; the empty one is SyncInterval.
const (
	SyncInterval SyncPolicy = "interval" // each Options.SyncEvery and at rotation, off the writer's path
	SyncAlways   SyncPolicy = "always"   // before Write returns
	SyncNone     SyncPolicy = "none"     // when the system likes
)

// Options are the bounds of a file. The zero Options are the recommended ones: files of 100 MiB, compressed, 1 GiB in all.
type Options struct {
	// MaxBytes is the size that the active file does not exceed, except by a single record. 0 means 100 MiB, or a tenth of MaxTotalBytes
	// when that is less; negative means no bound.
	MaxBytes int64
	// MaxAge rotates the active file this long after its first record. 0 means never.
	MaxAge time.Duration
	// Interval rotates at its multiples counted from midnight: time.Hour at every full hour. 0 means never; at most 24 hours.
	Interval time.Duration
	// At rotates at these times of the day, "15:04" or "15:04:05".
	At []string
	// Location is where Interval and At are read from the clock. nil means time.Local.
	Location *time.Location
	// MaxFiles is how many rotated files are kept. 0 means any number.
	MaxFiles int
	// MaxTotalBytes bounds the active file, taken at MaxBytes, and the rotated ones together. While a file is being compressed, that
	// file may come on top. 0 means ten times MaxBytes, at least 1 GiB; negative means no bound.
	MaxTotalBytes int64
	// Keep is how long a rotated file is kept. 0 means for ever.
	Keep time.Duration
	// Compress is how rotated files are compressed; "" means Zstd.
	Compress Compression
	// Sync is when records are forced to disk; "" means SyncInterval.
	Sync SyncPolicy
	// SyncEvery is the interval of SyncInterval. 0 means 1 s.
	SyncEvery time.Duration
	// Perm are the permissions of new files, before umask. 0 means 0o600: logs hold personal data, so give a shipping agent's
	// group 0o640 where there is one.
	Perm fs.FileMode
	// CheckEvery is how often the file is looked at: removed, renamed, truncated, due for rotation. 0 means 1 s.
	CheckEvery time.Duration
	// OnError is told of what fails without a caller: rotation, compression, removal, periodic fsync. nil means stderr,
	// once a minute for each kind. It must not call the writer's Close.
	OnError func(error)
}

const (
	defaultMaxBytes   = 100 << 20
	defaultTotalBytes = 1 << 30
	day               = 24 * time.Hour
)

// Validate returns what is out of range, each field with its value and what is allowed; nil for nil options.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	wrong := func(field string, value any, allowed string) {
		errs = append(errs, fmt.Errorf("rotate: %s %v: want %s", field, value, allowed))
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"MaxAge", o.MaxAge}, {"Keep", o.Keep}, {"SyncEvery", o.SyncEvery}, {"CheckEvery", o.CheckEvery}} {
		if d.value < 0 {
			wrong(d.field, d.value, "0 or more")
		}
	}
	if o.Interval != 0 && (o.Interval < time.Second || o.Interval > day) {
		wrong("Interval", o.Interval, "0, or 1s to 24h")
	}
	for _, at := range o.At {
		if _, err := parseClock(at); err != nil {
			wrong("At", fmt.Sprintf("%q", at), "a time of the day, 15:04 or 15:04:05")
		}
	}
	if o.MaxFiles < 0 {
		wrong("MaxFiles", o.MaxFiles, "0 or more")
	}
	if o.MaxBytes > 0 && o.MaxTotalBytes > 0 && o.MaxTotalBytes < o.MaxBytes {
		wrong("MaxTotalBytes", o.MaxTotalBytes, fmt.Sprintf("at least MaxBytes, which is %d", o.MaxBytes))
	}
	if !slices.Contains([]Compression{"", Zstd, Gzip, NoCompression}, o.Compress) {
		wrong("Compress", fmt.Sprintf("%q", o.Compress), "zstd, gzip or none")
	}
	if !slices.Contains([]SyncPolicy{"", SyncInterval, SyncAlways, SyncNone}, o.Sync) {
		wrong("Sync", fmt.Sprintf("%q", o.Sync), "interval, always or none")
	}
	if o.Perm&^fs.ModePerm != 0 || o.Perm != 0 && o.Perm&0o600 != 0o600 {
		wrong("Perm", fmt.Sprintf("%#o", uint32(o.Perm)), "permission bits that let the owner read and write, such as 0600")
	}
	return errors.Join(errs...)
}

// withDefaults returns a copy of valid options with their defaults.
func (o *Options) withDefaults() Options {
	var n Options
	if o != nil {
		n = *o
	}
	n.At = slices.Clone(n.At)
	if n.MaxBytes == 0 {
		n.MaxBytes = defaultMaxBytes
		if n.MaxTotalBytes > 0 {
			n.MaxBytes = min(n.MaxBytes, max(n.MaxTotalBytes/10, 1))
		}
	}
	if n.MaxTotalBytes == 0 {
		n.MaxTotalBytes = defaultTotalBytes
		if n.MaxBytes > defaultTotalBytes/10 {
			n.MaxTotalBytes = n.MaxBytes
			if n.MaxBytes <= 1<<59 {
				n.MaxTotalBytes *= 10
			}
		}
	}
	if n.Location == nil {
		n.Location = time.Local
	}
	if n.Compress == "" {
		n.Compress = Zstd
	}
	if n.Sync == "" {
		n.Sync = SyncInterval
	}
	if n.SyncEvery == 0 {
		n.SyncEvery = time.Second
	}
	if n.CheckEvery == 0 {
		n.CheckEvery = time.Second
	}
	if n.Perm == 0 {
		n.Perm = 0o600
	}
	return n
}
