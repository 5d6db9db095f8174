package viewer

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/search"
)

// Options of a viewer. The zero value shows everything to whoever can reach it.
type Options struct {
	// Title stands at the top of the page. Empty means Logs.
	Title string
	// Authorize decides about every request, assets included: nil lets it pass, an error answers 401 when it is or wraps
	// [ErrUnauthenticated], else 403. Its text is not shown. A nil function lets every request pass.
	Authorize func(*http.Request) error
	// Forced is a condition under which every query of the request is; it cannot be escaped. nil means none.
	Forced func(*http.Request) (search.Query, error)
	// Hide are fields that do not exist for the request, in queries, facets and output. nil means none.
	Hide func(*http.Request) []string
	// Hosts are the names under which the page is asked for, without a port. Empty takes every name.
	Hosts []string
	// MaxRows bounds the records of one answer. 0 means 1,000; 1 to 10,000.
	MaxRows int
	// MaxExport bounds the records of an export. 0 means 100,000; negative means that there is no bound.
	MaxExport int
	// Timeout bounds every request but the tail and the export. 0 means 10 s.
	Timeout time.Duration
	// Audit tells the state of the audit trail; it is asked when the page is loaded. nil means that there is none to show.
	Audit func(context.Context) (AuditState, error)
	// OnError receives what the searcher fails with, which the page does not show. nil means stderr, the first of a kind per minute.
	OnError func(error)
}

// AuditState is the result of the last verification of an audit trail.
type AuditState struct {
	Sound   bool      `json:"sound"`
	Entries uint64    `json:"entries"`
	Checked time.Time `json:"checked"`
	Problem string    `json:"problem,omitempty"` // the first bad entry and what was done to it
}

// ErrUnauthenticated is what Options.Authorize returns for a request that says nothing about who makes it.
var ErrUnauthenticated = errors.New("viewer: not authenticated")

const (
	defaultRows    = 1_000
	maxRows        = 10_000
	defaultExport  = 100_000
	defaultTimeout = 10 * time.Second
)

// Validate says which fields are out of range and what was expected; nil options are valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	if o.MaxRows < 0 || o.MaxRows > maxRows {
		errs = append(errs, fmt.Errorf("viewer: MaxRows is %d: want 1 to %d, or 0 for %d", o.MaxRows, maxRows, defaultRows))
	}
	if o.Timeout < 0 {
		errs = append(errs, fmt.Errorf("viewer: Timeout is %v: want more than 0, or 0 for %v", o.Timeout, defaultTimeout))
	}
	return errors.Join(errs...)
}

// Viewer is the page and what it asks for. Safe for concurrent use.
type Viewer struct {
	searcher search.Searcher
	opts     Options
	mux      *http.ServeMux
	index    []byte
	errs     onerror.Sink
}

//go:embed assets
var assets embed.FS

// New returns the viewer of a searcher. The error names what is wrong with opts, which may be nil.
func New(searcher search.Searcher, opts *Options) (*Viewer, error) {
	if searcher == nil {
		return nil, errors.New("viewer: the searcher is nil: want what the page is to search")
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	v := &Viewer{searcher: searcher}
	if opts != nil {
		v.opts = *opts
	}
	o := &v.opts
	o.Hosts = slices.Clone(o.Hosts)
	v.errs = onerror.Sink{Component: "viewer", Func: o.OnError}
	if o.Title == "" {
		o.Title = "Logs"
	}
	if o.MaxRows == 0 {
		o.MaxRows = defaultRows
	}
	if o.MaxExport == 0 {
		o.MaxExport = defaultExport
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	at, err := assetsAt(files)
	if err != nil {
		return nil, err
	}
	if v.index, err = v.page(files, at); err != nil {
		return nil, err
	}
	v.routes(files, at)
	return v, nil
}

func (v *Viewer) routes(files fs.FS, assets string) {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", v.serveIndex)
	m.Handle("GET /"+assets+"/", keep(http.StripPrefix("/"+assets+"/", http.FileServerFS(files))))
	m.HandleFunc("GET /api/search", v.bounded(v.search))
	m.HandleFunc("GET /api/histogram", v.bounded(v.histogram))
	m.HandleFunc("GET /api/facets", v.bounded(v.facets))
	m.HandleFunc("GET /api/fields", v.bounded(v.fields))
	m.HandleFunc("GET /api/context", v.bounded(v.context))
	m.HandleFunc("GET /api/operations", v.bounded(v.operations))
	m.HandleFunc("GET /api/audit", v.bounded(v.audit))
	m.HandleFunc("GET /api/export", v.export)
	m.HandleFunc("GET /api/tail", v.tail)
	v.mux = m
}

// policy lets the page load what it is made of and ask its own server, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP answers a request for the page, its assets or its data.
func (v *Viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if !v.hostAllowed(r.Host) {
		refuse(w, http.StatusMisdirectedRequest, "this host name is not one of the viewer's")
		return
	}
	if v.opts.Authorize != nil {
		if err := v.opts.Authorize(r); err != nil {
			if errors.Is(err, ErrUnauthenticated) {
				h.Set("WWW-Authenticate", `Basic realm="logs", charset="UTF-8"`)
				refuse(w, http.StatusUnauthorized, "authentication is required")
				return
			}
			refuse(w, http.StatusForbidden, "not allowed")
			return
		}
	}
	v.mux.ServeHTTP(w, r)
}

func (v *Viewer) hostAllowed(host string) bool {
	if len(v.opts.Hosts) == 0 {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return slices.ContainsFunc(v.opts.Hosts, func(allowed string) bool { return strings.EqualFold(allowed, host) })
}
