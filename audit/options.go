package audit

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Options configure a Trail. The zero Options are the recommended ones but for Anchor, without which what is behind the last
// change of keys can be rewritten by who has stolen the current one.
type Options struct {
	// Origin names the log in its checkpoints: a host and path without blanks or plus signs, unique. "" means "sluice-audit".
	Origin string
	// KeyDir holds the private signing key, the master key and the subjects' keys. "" means "keys" in the log's directory;
	// a directory that is not copied with the log is better.
	KeyDir string
	// MasterKey wraps the subjects' keys: 32 bytes. nil means one that is made at first use and kept in KeyDir.
	MasterKey []byte
	// CheckpointEvery is how soon after an entry a checkpoint follows. 0 means 1 s.
	CheckpointEvery time.Duration
	// CheckpointEntries is after how many entries one follows at once. 0 means 1,000.
	CheckpointEntries int
	// IdleEvery is the time between checkpoints when nothing happens, so that silence is vouched for. 0 means 1 min.
	IdleEvery time.Duration
	// EpochEvery and EpochEntries are when the signing key changes. 0 means 24 h and 100,000.
	EpochEvery   time.Duration
	EpochEntries int64
	// SegmentBytes is the size of the files of entries. 0 means 16 MiB.
	SegmentBytes int64
	// Anchor gets every checkpoint as an ordinary record, which should leave the host. nil means none.
	Anchor slog.Handler
	// Witnesses are shown every checkpoint.
	Witnesses []Witness
	// OnError is told of what fails without a caller: checkpoints, anchors, witnesses. nil means stderr, once a minute for each
	// kind.
	OnError func(error)
}

// Validate returns what is out of range, each field with its value and what is allowed; nil for nil options.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	wrong := func(field string, value any, allowed string) {
		errs = append(errs, fmt.Errorf("audit: %s %v: want %s", field, value, allowed))
	}
	if strings.ContainsAny(o.Origin, " +\t\n") {
		wrong("Origin", o.Origin, "no blank and no plus sign")
	}
	if n := len(o.MasterKey); o.MasterKey != nil && n != 32 {
		wrong("MasterKey", fmt.Sprintf("of %d bytes", n), "32 bytes")
	}
	for name, d := range map[string]time.Duration{"CheckpointEvery": o.CheckpointEvery, "IdleEvery": o.IdleEvery, "EpochEvery": o.EpochEvery} {
		if d < 0 {
			wrong(name, d, "0 or more")
		}
	}
	if o.CheckpointEntries < 0 || o.EpochEntries < 0 {
		wrong("CheckpointEntries or EpochEntries", min(int64(o.CheckpointEntries), o.EpochEntries), "0 or more")
	}
	return errors.Join(errs...)
}

func (o *Options) resolved() Options {
	var r Options
	if o != nil {
		r = *o
	}
	r.Origin = or(r.Origin, "sluice-audit")
	r.CheckpointEvery = or(r.CheckpointEvery, time.Second)
	r.CheckpointEntries = or(r.CheckpointEntries, 1000)
	r.IdleEvery = or(r.IdleEvery, time.Minute)
	r.EpochEvery = or(r.EpochEvery, 24*time.Hour)
	r.EpochEntries = or(r.EpochEntries, 100_000)
	return r
}

func or[T comparable](v, zero T) T {
	var z T
	if v == z {
		return zero
	}
	return v
}
