package sluice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/audio"
	"github.com/sluicelog/sluice/handler/enrich/container"
	"github.com/sluicelog/sluice/handler/enrich/geo"
	"github.com/sluicelog/sluice/handler/enrich/httprequest"
	"github.com/sluicelog/sluice/handler/enrich/occurrence"
	"github.com/sluicelog/sluice/handler/enrich/otel/resource"
	"github.com/sluicelog/sluice/handler/enrich/provider"
	"github.com/sluicelog/sluice/handler/enrich/system"
	"github.com/sluicelog/sluice/internal/conf"
)

// enricherPlan are the options of the ready enrichers, nil for one that is off.
type enricherPlan struct {
	requests            *httprequest.Options
	audio               *audio.Options
	occurrence          *occurrence.Options
	system              *system.Options
	geo                 *geo.Options
	container, resource bool
}

// maxDatabases is how many databases geo.Open takes.
const maxDatabases = 4

func (ck *checker) enrichers(c *EnrichConfig) (p enricherPlan) {
	if c.Off {
		return p
	}
	if h := c.HTTPRequest; h != nil && !h.Off {
		p.requests = &httprequest.Options{Agents: h.Agents}
	}
	if a := c.Audio; a != nil && !a.Off {
		p.audio = &audio.Options{Root: a.Root, OmitQuality: a.Root == "", OmitStages: a.OmitStages, Timeout: a.Timeout, Cache: &provider.Options{Budget: a.Budget}}
		if a.Files != "" && !strings.Contains(a.Files, audio.IDMark) {
			ck.bad("enrich.audio.files", a.Files, "a path with "+audio.IDMark+" in it, for example /srv/audio/"+audio.IDMark+".wav")
		}
		if a.Report && a.Root == "" {
			ck.bad("enrich.audio.report", "true", "a root, whose files are measured")
		}
		ck.layer("enrich.audio", p.audio.Validate())
	}
	if o := c.Occurrence; o != nil && !o.Off {
		p.occurrence = &occurrence.Options{Minutes: o.Minutes, Size: o.Kinds}
		switch o.Level {
		case "off":
		case "":
			p.occurrence.Level = slog.LevelError
		default:
			p.occurrence.Level = ck.level("enrich.occurrence.level", o.Level)
		}
		ck.layer("enrich.occurrence", p.occurrence.Validate())
	}
	if s := c.System; s != nil && !s.Off {
		p.system = &system.Options{Interval: s.Interval, Level: slog.LevelWarn}
		if s.Level != "" {
			p.system.Level = ck.level("enrich.system.level", s.Level)
		}
		ck.layer("enrich.system", p.system.Validate())
	}
	if g := c.Geo; g != nil && !g.Off {
		p.geo = &geo.Options{Files: g.Files, Keys: g.Keys, City: g.City, Coordinates: g.Coordinates, Language: g.Language, Refresh: g.Refresh}
		switch n := len(g.Files); {
		case n == 0:
			ck.bad("enrich.geo.files", "", "the path of a database in MaxMind's format")
		case n > maxDatabases:
			ck.bad("enrich.geo.files", fmt.Sprint(n), fmt.Sprintf("at most %d databases", maxDatabases))
		}
		ck.layer("enrich.geo", p.geo.Validate())
	}
	p.container = c.Container != nil && !c.Container.Off
	p.resource = c.Resource != nil && !c.Resource.Off
	return p
}

// enrichers are those of a generation.
type enrichers struct {
	front    []enrich.Enricher // before the mask, which hides what they look at
	list     []enrich.Enricher
	attrs    []slog.Attr
	releases []func(context.Context) error

	requests   *httprequest.Enricher
	audio      *audio.Enricher
	occurrence *occurrence.Enricher
	places     *geo.Places
}

// take returns the enricher that acquire opens, or has open with the same settings: what it has counted and cached outlives a reload.
func take[E enrich.Enricher](s *Stack, e *enrichers, name string, settings any, open func() (E, func(context.Context) error, error)) (E, error) {
	got, release, err := s.enrichers.acquire(fmt.Sprintf("%s %+v", name, settings), "", func() (enrich.Enricher, func(context.Context) error, error) {
		return open()
	})
	if err != nil {
		var none E
		return none, fmt.Errorf("sluice: %w", err)
	}
	e.releases = append(e.releases, release)
	return got.(E), nil
}

// byTypeAndLevel asks the enricher for a record's type, and that for errors for all records from a level on, with one look-up of the type.
type byTypeAndLevel struct {
	below, from enrich.ByType // the level; from it on errors are not told by their type
	errors      enrich.Enricher
	level       slog.Leveler // nil for none
}

func newByTypeAndLevel(types enrich.ByType, errors enrich.Enricher, level slog.Leveler) *byTypeAndLevel {
	below := maps.Clone(types)
	below[occurrence.Type] = errors
	return &byTypeAndLevel{below: below, from: types, errors: errors, level: level}
}

func (b *byTypeAndLevel) Enrich(ctx context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	if b.level == nil || r.Level() < b.level.Level() {
		return b.below.Enrich(ctx, r, dst)
	}
	return b.from.Enrich(ctx, r, b.errors.Enrich(ctx, r, dst))
}

// nothing is what an enricher without goroutines has to do at its end.
func nothing(context.Context) error { return nil }

// openEnrichers starts the enrichers of a configuration. What it could start is closed when it fails.
func (s *Stack) openEnrichers(ctx context.Context, r *resolved) (e *enrichers, err error) {
	e = &enrichers{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close(ctx))
			e = nil
		}
	}()
	p, c := &r.ready, r.Config.Enrich
	if p.resource {
		e.attrs = s.detect(ctx, &r.Config)
	}
	if p.container {
		e.attrs = append(e.attrs, container.Attrs()...)
	}
	types := enrich.ByType{}
	if p.requests != nil {
		e.requests, err = take(s, e, "http_request", *p.requests, func() (*httprequest.Enricher, func(context.Context) error, error) {
			return httprequest.New(p.requests), nothing, nil
		})
		if err != nil {
			return e, err
		}
		types[httprequest.Type] = e.requests
	}
	if p.audio != nil {
		if e.audio, err = take(s, e, "audio", *c.Audio, func() (*audio.Enricher, func(context.Context) error, error) { return s.openAudio(*p.audio, c.Audio) }); err != nil {
			return e, err
		}
		types[audio.Type] = e.audio
	}
	if p.geo != nil {
		if e.places, err = take(s, e, "geo", *p.geo, func() (*geo.Places, func(context.Context) error, error) { return s.openGeo(*p.geo) }); err != nil {
			return e, err
		}
		e.front = append(e.front, e.places)
	}
	if p.occurrence != nil {
		e.occurrence, err = take(s, e, "occurrence", *p.occurrence, func() (*occurrence.Enricher, func(context.Context) error, error) {
			return occurrence.New(p.occurrence), nothing, nil
		})
		if err != nil {
			return e, err
		}
		e.list = append(e.list, newByTypeAndLevel(types, e.occurrence, p.occurrence.Level))
	} else if len(types) > 0 {
		e.list = append(e.list, types)
	}
	if p.system != nil {
		figures, err := take(s, e, "system", *p.system, func() (*system.Figures, func(context.Context) error, error) {
			opts := *p.system
			opts.OnError = s.report
			f, err := system.Start(&opts)
			if err != nil {
				return nil, nil, err
			}
			return f, f.Close, nil
		})
		if err != nil {
			return e, err
		}
		e.list = append(e.list, figures)
	}
	if r.mask == nil { // there is nothing to stand before
		e.list, e.front = slices.Concat(e.front, e.list), nil
	}
	return e, nil
}

func (s *Stack) openAudio(o audio.Options, c *AudioConfig) (*audio.Enricher, func(context.Context) error, error) {
	o.OnError = s.report
	cache := *o.Cache
	cache.OnError = s.report
	o.Cache = &cache
	if c.Report {
		o.Logger = s.Logger()
	}
	if c.Files != "" {
		files, err := audio.FilesIn(c.Files)
		if err != nil {
			return nil, nil, &conf.Error{Field: "enrich.audio.files", Value: c.Files, Want: "a path in a directory that can be read (" + err.Error() + ")"}
		}
		o.Metadata = files
	}
	e, err := audio.New(&o)
	if err != nil {
		return nil, nil, &conf.Error{Field: "enrich.audio.root", Value: c.Root, Want: "a directory that can be read (" + err.Error() + ")"}
	}
	return e, e.Close, nil
}

func (s *Stack) openGeo(o geo.Options) (*geo.Places, func(context.Context) error, error) {
	o.OnError = s.report
	p, err := geo.Open(&o)
	if err != nil {
		return nil, nil, &conf.Error{Field: "enrich.geo.files", Value: strings.Join(o.Files, ", "), Want: "databases that can be read (" + err.Error() + ")"}
	}
	return p, p.Close, nil
}

// detect returns the attributes of OpenTelemetry's resource that the configuration does not say itself.
func (s *Stack) detect(ctx context.Context, c *Config) []slog.Attr {
	attrs, err := resource.Detect(ctx)
	if err != nil {
		s.report(fmt.Errorf("enrich: resource: %w", err))
	}
	said := map[string]bool{"service": true, "environment": true, "service_version": c.Service.Version != ""}
	return slices.DeleteFunc(attrs, func(a slog.Attr) bool { return said[a.Key] })
}

// close gives the enrichers back. Idempotent; nil has none.
func (e *enrichers) close(ctx context.Context) error {
	if e == nil {
		return nil
	}
	var errs []error
	for _, release := range e.releases {
		errs = append(errs, release(ctx))
	}
	return errors.Join(errs...)
}

// EnrichStats are the figures of the enrichers that run. A reload that changes the settings of one begins its figures anew.
type EnrichStats struct {
	// Panics is how many calls of an enricher ended in a panic.
	Panics uint64 `json:"panics"`
	// Caches has the figures of each cache: audio (metadata), quality, user_agent.
	Caches map[string]CacheStats `json:"caches,omitempty"`
	// Places counts addresses, Occurrences errors.
	Places      PlaceStats      `json:"places"`
	Occurrences OccurrenceStats `json:"occurrences"`
}

// CacheStats are the figures of the cache of an enricher.
type CacheStats struct {
	Hits    uint64 `json:"hits"`
	Misses  uint64 `json:"misses"`
	Late    uint64 `json:"late,omitempty"`    // misses whose answer was not there in time
	Refused uint64 `json:"refused,omitempty"` // misses when too many waited
	Errors  uint64 `json:"errors,omitempty"`
	Evicted uint64 `json:"evicted"`
	Size    int    `json:"size"` // about
}

// PlaceStats are the figures of the look-ups of addresses.
type PlaceStats struct {
	Found    uint64 `json:"found"`
	Reserved uint64 `json:"reserved"` // addresses of private and reserved networks
	Unknown  uint64 `json:"unknown"`
	Reloads  uint64 `json:"reloads"` // new versions of databases taken
}

// OccurrenceStats are the figures of the errors that were counted.
type OccurrenceStats struct {
	Seen    uint64 `json:"seen"`
	Kinds   int    `json:"kinds"`   // remembered now
	Evicted uint64 `json:"evicted"` // kinds forgotten to make room
}

func (e *enrichers) addTo(st *EnrichStats) {
	st.Caches = map[string]CacheStats{}
	of := func(c provider.Stats) CacheStats {
		return CacheStats{Hits: c.Hits, Misses: c.Misses, Late: c.Late, Refused: c.Refused, Errors: c.Errors, Evicted: c.Evicted, Size: c.Size}
	}
	if e.requests != nil {
		a := e.requests.Stats()
		st.Caches["user_agent"] = CacheStats{Hits: a.Hits, Misses: a.Misses, Evicted: a.Evicted, Size: a.Size}
	}
	if e.audio != nil {
		a := e.audio.Stats()
		st.Caches["audio"], st.Caches["quality"] = of(a.Metadata), of(a.Quality)
	}
	if e.places != nil {
		p := e.places.Stats()
		st.Places = PlaceStats{Found: p.Found, Reserved: p.Ranged, Unknown: p.Unknown, Reloads: p.Reloads}
	}
	if e.occurrence != nil {
		o := e.occurrence.Stats()
		st.Occurrences = OccurrenceStats{Seen: o.Seen, Kinds: o.Kinds, Evicted: o.Evicted}
	}
}

// notes are what the table of the books says of the stage.
func (s *EnrichStats) notes() (notes []string) {
	for _, name := range slices.Sorted(maps.Keys(s.Caches)) {
		if c := s.Caches[name]; c.Hits+c.Misses > 0 {
			notes = append(notes, fmt.Sprintf("%s %d hits, %d misses", name, c.Hits, c.Misses))
		}
	}
	if o := s.Occurrences; o.Seen > 0 {
		notes = append(notes, fmt.Sprintf("%d errors of %d kinds", o.Seen, o.Kinds))
	}
	if s.Panics > 0 {
		notes = append(notes, fmt.Sprintf("%d panics", s.Panics))
	}
	return notes
}
