// Package occurrence tells of the records of an error whether the error is new and how often it has come of late.
//
//	errors := occurrence.New(nil)
//	h := enrich.NewHandler(next, &enrich.Options{Enrichers: []enrich.Enricher{errors}})
//
// A record whose attribute type is error, and with [Options.Level] every record from that level on, gets at its root
//
//	"occurrence":{"fingerprint":"8d6f1c0ab2e94d37","first_seen":false,"recent":12}
//
// fingerprint names the kind of error, see enrich.Fingerprint: numbers, identifiers, quoted texts and lines of source do not
// count. first_seen says that this process has not seen the kind before; recent is how often it has in the last minutes
// (five, by default), this time included.
package occurrence

import (
	"container/list"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
)

// Key is the group that is added to a record.
const Key = "occurrence"

// Type is the value of the attribute type of the records that are counted.
const Type = "error"

// Options for New. The zero value is the setting for production.
type Options struct {
	// Level is the level from which records count whatever their type. nil means that the type alone says so.
	Level slog.Leveler
	// Minutes is how many minutes recent goes back. 0 means 5; 1 to 60.
	Minutes int
	// Size is how many kinds are remembered, those seen last. 0 means 10,000; at most 1,000,000.
	Size int
}

// Defaults and limits of Options.
const (
	defaultMinutes = 5
	maxMinutes     = 60
	defaultSize    = 10_000
	maxSize        = 1_000_000
)

// Validate says which fields are out of range and what was expected; nil options are valid. New takes the nearest value in range.
func (o *Options) Validate() error {
	switch {
	case o == nil:
		return nil
	case o.Minutes < 0 || o.Minutes > maxMinutes:
		return fmt.Errorf("occurrence: Minutes is %d: want 1 to %d, or 0 for %d", o.Minutes, maxMinutes, defaultMinutes)
	case o.Size < 0 || o.Size > maxSize:
		return fmt.Errorf("occurrence: Size is %d: want 1 to %d, or 0 for %d", o.Size, maxSize, defaultSize)
	}
	return nil
}

// Enricher is an [enrich.Enricher] that counts errors by kind. It is made by [New]. Safe for concurrent use.
type Enricher struct {
	level   slog.Leveler
	minutes int64
	size    int

	mu    sync.Mutex
	kinds map[string]*list.Element // of *kind
	used  list.List                // the last seen first
	stats Stats
}

var _ enrich.Enricher = (*Enricher)(nil)

// kind counts an error by minute.
type kind struct {
	fingerprint string
	minute      int64 // of the newest count
	counts      []uint64
}

// Stats are the figures of an Enricher.
type Stats struct {
	Kinds   int    // remembered now
	Seen    uint64 // records counted
	Evicted uint64 // kinds forgotten to make room
}

// New returns an enricher. opts may be nil.
func New(opts *Options) *Enricher {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Minutes == 0 {
		o.Minutes = defaultMinutes
	}
	if o.Size == 0 {
		o.Size = defaultSize
	}
	return &Enricher{
		level: o.Level, minutes: int64(min(max(o.Minutes, 1), maxMinutes)), size: min(max(o.Size, 1), maxSize), kinds: map[string]*list.Element{},
	}
}

// Enrich counts a record of an error and adds the group occurrence.
func (e *Enricher) Enrich(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	if e.level == nil || r.Level() < e.level.Level() {
		if v, ok := r.Attr("type"); !ok || v.Kind() != slog.KindString || v.String() != Type {
			return dst
		}
	}
	at := r.Time()
	if at.IsZero() {
		at = time.Now()
	}
	print := enrich.Fingerprint(r)
	first, recent := e.count(print, at.Unix()/60)
	return append(dst, slog.Group(Key, slog.String("fingerprint", print), slog.Bool("first_seen", first), slog.Uint64("recent", recent)))
}

func (e *Enricher) count(print string, minute int64) (first bool, recent uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.Seen++
	at, known := e.kinds[print]
	if !known {
		if len(e.kinds) >= e.size {
			last := e.used.Back()
			delete(e.kinds, last.Value.(*kind).fingerprint)
			e.used.Remove(last)
			e.stats.Evicted++
		}
		at = e.used.PushFront(&kind{fingerprint: print, minute: minute, counts: make([]uint64, e.minutes)})
		e.kinds[print] = at
	}
	e.used.MoveToFront(at)
	return !known, at.Value.(*kind).add(minute)
}

// add counts one in a minute; one that is older than the newest counts as of now. It returns how many there are in all minutes.
func (k *kind) add(minute int64) (recent uint64) {
	n := int64(len(k.counts))
	for i := range min(max(minute-k.minute, 0), n) {
		k.counts[((minute-i)%n+n)%n] = 0
	}
	k.minute = max(k.minute, minute)
	k.counts[(k.minute%n+n)%n]++
	for _, c := range k.counts {
		recent += c
	}
	return recent
}

// Stats returns the figures as they are now.
func (e *Enricher) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.Kinds = len(e.kinds)
	return s
}
