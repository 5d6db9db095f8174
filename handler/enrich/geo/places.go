package geo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/onerror"
)

// Key is the group that is added to a record.
const Key = "geo"

// Places is an [enrich.Enricher] that tells where a client's address is. It is made by [Open]. Safe for concurrent use.
type Places struct {
	opts    Options
	current atomic.Pointer[version]
	errs    onerror.Sink
	stats   struct{ found, ranged, unknown, reloads atomic.Uint64 }

	stop  context.CancelFunc
	ended chan struct{}
	once  sync.Once
}

var _ enrich.Enricher = (*Places)(nil)

// version is the state of all files at one time, and what has been made of it.
type version struct {
	files []*file
	// known remembers groups by where their records lie in the files. It is direct-mapped: a newer one takes the place of an
	// older.
	known [slots]atomic.Pointer[known]
}

const slots = 1 << 10

type known struct {
	at   [maxFiles]uintptr
	attr slog.Attr // without a key for nothing to tell
}

// maxFiles bounds Options.Files.
const maxFiles = 4

// Open reads the databases and starts to look for new versions of them. Who opens it closes it. The error names what cannot be
// read, or used.
func Open(opts *Options) (*Places, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	if len(opts.Files) > maxFiles {
		return nil, fmt.Errorf("geo: Files has %d entries: want at most %d", len(opts.Files), maxFiles)
	}
	p := &Places{opts: opts.withDefaults(), ended: make(chan struct{})}
	p.errs = onerror.Sink{Component: "enrich/geo", Func: p.opts.OnError}
	v := &version{}
	for _, path := range p.opts.Files {
		f, err := load(path, p.opts.MaxBytes)
		if err != nil {
			return nil, err
		}
		v.files = append(v.files, f)
	}
	p.current.Store(v)
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	if p.opts.Refresh < 0 {
		close(p.ended)
		return p, nil
	}
	go p.watch(ctx)
	return p, nil
}

// Enrich adds the group geo for the address of the context, else of the record. A record without one passes as it is.
func (p *Places) Enrich(ctx context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	addr, ok := Address(ctx)
	for i := 0; !ok && i < len(p.opts.Keys); i++ {
		if v, is := r.Attr(p.opts.Keys[i]); is {
			addr, ok = parse(v)
		}
	}
	if !ok {
		return dst
	}
	if a := p.Attr(addr); a.Key != "" {
		return append(dst, a)
	}
	return dst
}

// Attr returns the group geo for an address, and the zero Attr when nothing is known of it.
func (p *Places) Attr(addr netip.Addr) slog.Attr {
	addr = plain(addr)
	if !addr.IsValid() {
		return slog.Attr{}
	}
	v := p.current.Load()
	var at [maxFiles]uintptr
	hash, hit := uint64(0), false
	for i, f := range v.files {
		if where, _, ok := f.find(addr); ok {
			at[i], hit = where+1, true
		}
		hash = (hash ^ uint64(at[i])) * 0x9e3779b97f4a7c15
	}
	if !hit {
		// Only what no file knows: a company may have put its own networks into one.
		if name := Range(addr); name != "" {
			p.stats.ranged.Add(1)
			return rangeAttr(name)
		}
		p.stats.unknown.Add(1)
		return slog.Attr{}
	}
	p.stats.found.Add(1)
	slot := &v.known[hash>>32%slots]
	if k := slot.Load(); k != nil && k.at == at {
		return k.attr
	}
	k := &known{at: at, attr: p.describe(v, addr)}
	slot.Store(k)
	return k.attr
}

var rangeAttrs sync.Map // name to slog.Attr

func rangeAttr(name string) slog.Attr {
	if a, ok := rangeAttrs.Load(name); ok {
		return a.(slog.Attr)
	}
	a := slog.Group(Key, slog.String("range", name))
	rangeAttrs.Store(name, a)
	return a
}

// describe decodes what the files have of an address. A record that is not as expected counts as far as it is.
func (p *Places) describe(v *version, addr netip.Addr) slog.Attr {
	var got place
	for i := len(v.files) - 1; i >= 0; i-- { // what an earlier file has is written over a later one's
		if _, r, ok := v.files[i].find(addr); ok {
			if err := r.Decode(&got); err != nil {
				p.errs.Report(fmt.Errorf("%s: a record is not as expected: %w", v.files[i].path, err))
			}
		}
	}
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add("country", got.Country.Code)
	add("country_name", got.Country.Names[p.opts.Language])
	add("continent", got.Continent.Code)
	if p.opts.City {
		add("city", got.City.Names[p.opts.Language])
	}
	if l := got.Location; p.opts.Coordinates && l.Latitude != nil && l.Longitude != nil {
		attrs = append(attrs, slog.Float64("latitude", *l.Latitude), slog.Float64("longitude", *l.Longitude))
	}
	if got.Number != 0 {
		attrs = append(attrs, slog.Uint64("asn", uint64(got.Number)))
	}
	add("as_org", got.Organization)
	if len(attrs) == 0 {
		return slog.Attr{}
	}
	return slog.Attr{Key: Key, Value: slog.GroupValue(attrs...)}
}

// watch looks for new versions until ctx ends.
func (p *Places) watch(ctx context.Context) {
	defer close(p.ended)
	tick := time.NewTicker(p.opts.Refresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.errs.Report(p.Reload())
		}
	}
}

// Reload looks for new versions now. The error names those that cannot be read: the old ones stay.
func (p *Places) Reload() error {
	old := p.current.Load()
	next := &version{files: append([]*file(nil), old.files...)}
	changed := false
	var errs []error
	for i, f := range old.files {
		info, err := os.Stat(f.path)
		if err == nil && f.seen.same(info) {
			continue
		}
		var n *file
		if err == nil {
			n, err = load(f.path, p.opts.MaxBytes)
		} else {
			err = fmt.Errorf("geo: %w", err)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		next.files[i], changed = n, true
	}
	if changed && p.current.CompareAndSwap(old, next) {
		p.stats.reloads.Add(1)
	}
	return errors.Join(errs...)
}

// Close stops looking for new versions, waiting for a look under way until ctx ends. What is in memory is still found. Idempotent.
func (p *Places) Close(ctx context.Context) error {
	p.once.Do(p.stop)
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("geo: close: %w", ctx.Err())
	}
}

// Stats are the figures of Places.
type Stats struct {
	Found   uint64 // addresses that a database knew
	Ranged  uint64 // addresses of private and reserved networks
	Unknown uint64 // addresses of which nothing is known
	Reloads uint64 // new versions taken
	Errors  uint64 // errors reported
}

// Stats returns the figures as they are now.
func (p *Places) Stats() Stats {
	return Stats{
		Found: p.stats.found.Load(), Ranged: p.stats.ranged.Load(), Unknown: p.stats.unknown.Load(),
		Reloads: p.stats.reloads.Load(), Errors: p.errs.Count(),
	}
}
