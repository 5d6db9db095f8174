// Package httprequest enriches the records of served HTTP requests: those whose attribute type is http_request.
//
//	requests := httprequest.New(&httprequest.Options{Geo: places}) // places is package geo's
//	h := enrich.NewHandler(next, &enrich.Options{Enrichers: []enrich.Enricher{requests}})
//
// A record gets at its root
//
//	"request":{"status_class":"5xx","route":"/v2/audio/{id}/enhance","duration_ms":812.4,"bytes":7345123,
//	           "user_agent":{"name":"Chrome","version":"131.0.0.0","os":"Windows","os_version":"10.0","device":"desktop"}}
//
// made of what it says in any of the usual spellings, in groups or not:
//
//	status     status, status_code, http.status, http.status_code, http.response.status_code
//	route      route, http.route; else path, http.path, url.path, http.target with what varies in it replaced by {id}
//	duration   duration_ms, http.duration_ms, latency_ms; or a time.Duration under duration, elapsed or latency
//	bytes      bytes, http.bytes, response_bytes, http.response_bytes, http.response.body.size
//	agent      user_agent, http.user_agent, user_agent.original
//
// and, with [Options.Geo], the group geo. The last 10,000 user agents are remembered, as parsing one takes microseconds.
package httprequest

import (
	"context"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"
	"github.com/mileusna/useragent"

	"github.com/sluicelog/sluice/handler/enrich"
)

// Type is the value of the attribute type of the records that an Enricher enriches, Key the group that is added.
const (
	Type = "http_request"
	Key  = "request"
)

// Options for New. The zero value is the setting for production.
type Options struct {
	// Geo is asked for these records, package geo's Places for example. nil means none.
	Geo enrich.Enricher
	// Agents is how many user agents are remembered. 0 means 10,000; negative means none.
	Agents int
}

// Enricher is an [enrich.Enricher] for records of HTTP requests. It is made by [New]. Safe for concurrent use.
type Enricher struct {
	geo    enrich.Enricher
	agents *otter.Cache[string, slog.Attr]
	looked *stats.Counter
}

var _ enrich.Enricher = (*Enricher)(nil)

// New returns an enricher. opts may be nil.
func New(opts *Options) *Enricher {
	e := &Enricher{looked: stats.NewCounter()}
	size := 10_000
	if opts != nil {
		e.geo = opts.Geo
		if opts.Agents != 0 {
			size = opts.Agents
		}
	}
	if size > 0 {
		e.agents = otter.Must(&otter.Options[string, slog.Attr]{MaximumSize: size, StatsRecorder: e.looked})
	}
	return e
}

// The spellings of what a record says.
var (
	statusKeys   = []string{"status", "status_code", "http.status", "http.status_code", "http.response.status_code"}
	routeKeys    = []string{"route", "http.route"}
	pathKeys     = []string{"path", "http.path", "url.path", "http.target"}
	durationKeys = []string{"duration_ms", "http.duration_ms", "latency_ms", "duration", "elapsed", "latency"}
	bytesKeys    = []string{"bytes", "http.bytes", "response_bytes", "http.response_bytes", "http.response.body.size"}
	agentKeys    = []string{"user_agent", "http.user_agent", "user_agent.original"}
)

// Enrich adds the group request, as far as the record says what it is made of.
func (e *Enricher) Enrich(ctx context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	if v, ok := r.Attr("type"); !ok || v.Kind() != slog.KindString || v.String() != Type {
		return dst
	}
	attrs := make([]slog.Attr, 0, 5)
	if n, ok := integer(r, statusKeys); ok && n >= 100 && n < 600 {
		attrs = append(attrs, slog.String("status_class", [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}[n/100-1]))
	}
	if s := text(r, routeKeys); s != "" {
		attrs = append(attrs, slog.String("route", s))
	} else if s := text(r, pathKeys); s != "" {
		attrs = append(attrs, slog.String("route", route(s)))
	}
	if ms, ok := milliseconds(r); ok {
		attrs = append(attrs, slog.Float64("duration_ms", ms))
	}
	if n, ok := integer(r, bytesKeys); ok && n >= 0 {
		attrs = append(attrs, slog.Int64("bytes", n))
	}
	if s := text(r, agentKeys); s != "" {
		if a := e.agent(s); a.Key != "" {
			attrs = append(attrs, a)
		}
	}
	if len(attrs) > 0 {
		dst = append(dst, slog.Attr{Key: Key, Value: slog.GroupValue(attrs...)})
	}
	if e.geo != nil {
		dst = e.geo.Enrich(ctx, r, dst)
	}
	return dst
}

func find(r enrich.Record, keys []string, take func(slog.Value) bool) {
	for _, k := range keys {
		if v, ok := r.Attr(k); ok && take(v) {
			return
		}
	}
}

func text(r enrich.Record, keys []string) (s string) {
	find(r, keys, func(v slog.Value) bool {
		if v.Kind() == slog.KindString {
			s = v.String()
		}
		return s != ""
	})
	return s
}

func integer(r enrich.Record, keys []string) (n int64, ok bool) {
	find(r, keys, func(v slog.Value) bool {
		switch v.Kind() {
		case slog.KindInt64:
			n, ok = v.Int64(), true
		case slog.KindUint64:
			n, ok = int64(v.Uint64()), v.Uint64() <= math.MaxInt64
		}
		return ok
	})
	return n, ok
}

func milliseconds(r enrich.Record) (ms float64, ok bool) {
	find(r, durationKeys, func(v slog.Value) bool {
		switch v.Kind() {
		case slog.KindDuration:
			ms, ok = float64(v.Duration())/float64(time.Millisecond), true
		case slog.KindFloat64:
			ms, ok = v.Float64(), true
		case slog.KindInt64:
			ms, ok = float64(v.Int64()), true
		}
		return ok
	})
	return ms, ok
}

// maxPath and maxAgent bound what is looked at: the rest of a longer one says nothing new.
const (
	maxPath  = 1024
	maxAgent = 512
)

// route is a path without its query in which the segments that vary are {id}: those with a digit in them other than a version
// (v2), and those longer than any word.
func route(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if len(path) > maxPath {
		path = path[:maxPath]
	}
	var b strings.Builder
	for i, segment := range strings.Split(path, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		if varies(segment) {
			segment = "{id}"
		}
		b.WriteString(strings.ToValidUTF8(segment, "\uFFFD"))
	}
	return b.String()
}

func varies(segment string) bool {
	if len(segment) > 40 {
		return true
	}
	if len(segment) >= 2 && len(segment) <= 4 && segment[0]|0x20 == 'v' && strings.Trim(segment[1:], "0123456789") == "" {
		return false
	}
	return strings.ContainsAny(segment, "0123456789@%")
}

// agent is the group user_agent, the zero Attr for one that says nothing.
func (e *Enricher) agent(s string) slog.Attr {
	if len(s) > maxAgent {
		s = s[:maxAgent]
	}
	if e.agents == nil {
		return parse(s)
	}
	a, ok := e.agents.GetIfPresent(s)
	if !ok {
		s = strings.Clone(s) // it may be a part of a request
		a = parse(s)
		e.agents.Set(s, a)
	}
	return a
}

// parse contains a library that was not made for what clients may send.
func parse(s string) (a slog.Attr) {
	defer func() { _ = recover() }()
	ua := useragent.Parse(s)
	var attrs []slog.Attr
	add := func(key, v string) {
		if v != "" {
			attrs = append(attrs, slog.String(key, v))
		}
	}
	add("name", ua.Name)
	add("version", ua.Version)
	add("os", ua.OS)
	add("os_version", ua.OSVersion)
	device := ""
	switch {
	case ua.Bot:
		device = "bot"
	case ua.Tablet:
		device = "tablet"
	case ua.Mobile:
		device = "mobile"
	case ua.Desktop:
		device = "desktop"
	}
	add("device", device)
	if len(attrs) == 0 {
		return slog.Attr{}
	}
	return slog.Attr{Key: "user_agent", Value: slog.GroupValue(attrs...)}
}

// Stats are the figures of the user agents that are remembered.
type Stats struct {
	Hits, Misses, Evicted uint64
	Size                  int // about
}

// Stats returns the figures as they are now.
func (e *Enricher) Stats() Stats {
	if e.agents == nil {
		return Stats{}
	}
	s := e.looked.Snapshot()
	return Stats{Hits: s.Hits, Misses: s.Misses, Evicted: s.Evictions, Size: e.agents.EstimatedSize()}
}
