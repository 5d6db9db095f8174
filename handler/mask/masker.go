package mask

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
	"github.com/sluicelog/sluice/internal/chain"
)

// Masker masks texts, attributes and lines of JSON. It is immutable but for its counters and caches, and safe for
// concurrent use. A Handler is a Masker in a chain; New gives one for other uses.
type Masker struct {
	keys     keyTable
	verdicts verdicts
	texts    cleanTexts
	plans    sync.Map // reflect.Type -> *plan
	planning sync.Mutex

	byClass  [address + 1]*scan.Scanner // for text under a key of that class
	cards    *scan.Scanner              // for bare numbers; nil when cards are allowed
	actions  []Action                   // by scan.Kind
	labels   []string                   // by scan.Kind, what redacts it
	patterns []*pattern
	// onlyKinds says that there are neither patterns nor a detector.
	onlyKinds bool
	phones    bool      // bare numbers under a phone's key are masked
	clients   bool      // addresses under a client address's key are masked
	hashKeys  []hashKey // the first makes tokens
	pseudonym func(string) string
	maxDepth  int
	maxText   int

	detector Detector
	budget   time.Duration
	strays   atomic.Int32
	// entityKinds is Options.Kinds, for the names that the detector gives.
	entityKinds map[string]Action

	counts  counts
	reports reports
}

var _ chain.Masker = (*Masker)(nil)

// New returns a masker. Options out of range are clamped, and Options.Validate says which; nil are the zero options.
func New(opts *Options) *Masker {
	var o Options
	if opts != nil {
		o = *opts
	}
	m := &Masker{
		keys:     newKeyTable(o.Keys),
		maxDepth: clamp(o.MaxDepth, defaultDepth, minDepth, maxDepth),
		maxText:  clamp(o.MaxText, defaultText, minText, maxText),
		detector: o.Detector, pseudonym: o.Pseudonym,
		budget: clamp(o.DetectorBudget, defaultBudget, minBudget, maxBudget),
	}
	if o.ReportInterval > 0 {
		m.reports.every = clamp(o.ReportInterval, 0, minReport, maxReport)
		m.reports.at = time.Now()
		if o.Reports != nil {
			m.reports.to = chain.Adapt(o.Reports)
		}
		m.reports.next.Store(m.reports.at.Add(m.reports.every).UnixNano())
	}
	m.hashKeys = newHashKeys(o.HashKey, o.FormerHashKeys)
	if m.detector != nil {
		m.entityKinds = maps.Clone(o.Kinds)
	}
	for _, p := range o.Patterns {
		if ready, _ := p.compile(); ready != nil {
			if a, ok := o.Kinds[p.Name]; ok {
				ready.action = a
			}
			if ready.action != Allow {
				m.patterns = append(m.patterns, ready)
			}
		}
	}
	m.onlyKinds = len(m.patterns) == 0 && m.detector == nil
	m.scanners(&o)
	return m
}

// scanners makes the scanners of the kinds that are on.
func (m *Masker) scanners(o *Options) {
	set := scan.DefaultKinds()
	kinds, national := scan.Kinds(), scan.NationalKinds()
	if o.AllKinds {
		set = set.With(kinds...)
	}
	if o.IP {
		set = set.With(scan.IPAddress)
	}
	top := scan.Kind(0)
	for _, k := range kinds {
		top = max(top, k)
	}
	m.actions = make([]Action, top+1)
	m.labels = make([]string, top+1)
	for _, k := range kinds {
		m.labels[k] = "[" + k.String() + "_REDACTED]"
		a, ok := o.Kinds[k.String()]
		if !ok && slices.Contains(national, k) {
			a, ok = o.Kinds[scan.NationalID.String()] // for all countries
		}
		switch {
		case !ok:
		case a == Allow:
			set = set.Without(k)
		default:
			set = set.With(k)
			m.actions[k] = a
		}
	}
	m.phones = set.Has(scan.Phone)
	m.clients = o.Kinds[scan.IPAddress.String()] != Allow
	all := scan.New(set)
	for c := range m.byClass {
		m.byClass[c] = all
	}
	m.byClass[ident] = scan.New(set.Without(scan.APIKey))
	if set.Has(scan.CreditCard) {
		var none scan.Set
		m.cards = scan.New(none.With(scan.CreditCard))
	}
}

// String returns s masked as the text of a message: s itself when there is nothing to mask.
func (m *Masker) String(s string) string {
	w := walker{m: m, ctx: context.Background()}
	s, _ = w.text(s, verdict{})
	return s
}

// Attrs returns attrs masked, with LogValuers resolved: attrs itself, which is never written to, when nothing changes.
func (m *Masker) Attrs(attrs []slog.Attr) []slog.Attr {
	w := m.walker(context.Background(), "")
	defer w.end()
	return w.attrs(attrs, verdict{}, 0)
}

// MaskAttrs is Attrs, under the name by which handlers further down a chain call it.
func (m *Masker) MaskAttrs(attrs []slog.Attr) []slog.Attr { return m.Attrs(attrs) }

// AppendLine appends line, a line of a log without its end, masked: a JSON object as a record (keys apply at every
// depth; order, numbers and white space stay), a JSON string decoded, masked and encoded again, any other line as
// text. It appends valid JSON for valid JSON, and allocates nothing but dst when there is nothing to mask.
func (m *Masker) AppendLine(dst, line []byte) []byte {
	w := walker{m: m, ctx: context.Background()}
	return w.appendLine(dst, line)
}

func (w *walker) appendLine(dst, line []byte) []byte {
	text := view(line)
	if t := strings.TrimLeft(text, jsonSpace); t != "" && (t[0] == '{' || t[0] == '"') {
		if out, valid := w.line(dst, text); valid {
			return out
		}
	}
	s, _ := w.text(text, verdict{})
	return append(dst, s...)
}

// line appends a line that is JSON.
func (w *walker) line(dst []byte, text string) (out []byte, valid bool) {
	sub := w.begin()
	defer sub.end()
	clean, valid := sub.json(text, verdict{}, -1)
	switch {
	case !valid:
		return dst, false
	case clean:
		return append(dst, text...), true
	}
	own := sub.buf
	sub.look, sub.buf = false, dst
	sub.json(text, verdict{}, -1)
	out, sub.buf = sub.buf, own
	return out, true
}
