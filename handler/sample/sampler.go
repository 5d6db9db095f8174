package sample

import (
	"context"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

// Sampler computes the rate at which a record is to be kept. A [Handler] has one and applies it; on its own it serves
// samplers that take a function, such as slog-sampling's CustomSamplingOption. Its memory is fixed. Safe for concurrent
// use.
type Sampler struct {
	levels []slog.Level // ascending
	base   []float64    // by level
	watch  *watch
	early  bool

	cap          float64 // of the importance
	recentFactor float64
	recentWindow int64
	lastError    atomic.Int64
	calm, tense  span // importance that a record can have, without and with recent errors

	load   load
	counts counts // kinds of counters for each level
}

// The kinds of counters.
const (
	kept = iota
	sampledOut
	rated
	kinds
)

// NewSampler returns a sampler. Nil opts are the zero Options; values out of range are clamped.
func NewSampler(opts *Options) *Sampler {
	var o Options
	if opts != nil {
		o = *opts
	}
	rates := maps.Clone(defaultRates)
	maps.Copy(rates, o.Rates)
	if o.Importance == nil {
		o.Importance = defaultImportance
	}
	s := &Sampler{
		levels:       slices.Sorted(maps.Keys(rates)),
		watch:        newWatch(o.Importance),
		early:        o.Early,
		cap:          max(factor(o.MaxImportance, defaultMaxImportance), 1),
		recentFactor: factor(o.RecentErrorFactor, defaultRecentErrorFactor),
		recentWindow: int64(o.RecentErrorWindow),
	}
	for _, l := range s.levels {
		s.base = append(s.base, unit(rates[l]))
	}
	if s.recentWindow <= 0 {
		s.recentWindow = int64(defaultRecentErrorWindow)
	}
	least, most := s.watch.bounds()
	s.calm, s.tense = s.spanOf(least, most), s.spanOf(least*s.recentFactor, most*s.recentFactor)
	for _, src := range o.Load {
		if src != nil {
			s.load.sources = append(s.load.sources, src)
		}
	}
	if o.MaxPerSecond > 0 {
		s.load.maxPerSecond = o.MaxPerSecond
	}
	s.counts = newCounts(kinds * len(s.levels))
	return s
}

// Rate is the rate, in [0, 1], at which r is to be kept: base rate × (1 − load factor) × importance. It sees the
// attributes of the record and of the context, not those of the logger's With. The draw is the caller's, so Stats
// counts the record as rated, neither as kept nor as sampled out.
func (s *Sampler) Rate(ctx context.Context, r slog.Record) float64 {
	stamp, level := stampOf(&r), s.level(r.Level)
	s.count(rand.Uint64(), level, rated, stamp)
	plain, recent := s.plain(level, r.Level), s.recent(stamp)
	s.note(r.Level, stamp)
	if low, high := s.importance(recent).rates(plain); low == high {
		return low
	}
	f := s.around(ctx, &chain.Root{})
	s.watch.record(&r, &f)
	return s.rate(plain, s.watch.product(f.yes)*recent)
}

// verdict is the decision on one record: whether it is kept and at which rate.
func (s *Sampler) verdict(ctx context.Context, r *slog.Record, root *chain.Root, with *found) (rate float64, keep bool) {
	stamp, level := stampOf(r), s.level(r.Level)
	plain, recent := s.plain(level, r.Level), s.recent(stamp)
	s.note(r.Level, stamp)
	low, high := s.importance(recent).rates(plain)
	var draw uint64
	switch {
	case root.Rate >= 1 || low >= 1: // certain, or kept for certain by somebody else
		draw, rate, keep = root.Key, 1, true
	case high <= 0:
		draw = root.Key
	default:
		draw = s.contextKey(ctx, root)
		if draw == 0 || fraction(draw) < high || high >= 1 {
			draw, rate, keep = s.draw(ctx, draw, r, root, with, plain, recent)
		}
	}
	if draw == 0 {
		draw = rand.Uint64() // spreads the counting
	}
	kind := sampledOut
	if keep {
		kind = kept
	}
	s.count(draw, level, kind, stamp)
	return rate, keep
}

// draw decides where the rates leave a choice; key is the context's, 0 for unknown. A record is looked through only if
// that can change something: all that it can do is to name its trace and to move the rate.
func (s *Sampler) draw(ctx context.Context, key uint64, r *slog.Record, root *chain.Root, with *found,
	plain, recent float64) (draw uint64, rate float64, keep bool) {
	var own found
	draw = key
	if draw == 0 {
		if with.trace == 0 {
			s.watch.identifiers(r, &own)
		}
		whole := with.then(own)
		draw = whole.key()
	}
	before := 1.0
	if draw == 0 {
		draw = rand.Uint64()
	} else if root.Rate > 0 {
		before = root.Rate // an earlier sampler drew by this key: what it let through lies below its rate
	}
	u := fraction(draw)
	rate, high := s.importance(recent).rates(plain)
	if rate != high && (u < before*high || high >= 1) {
		s.watch.record(r, &own)
		whole := s.around(ctx, root).then(*with).then(own)
		rate = s.rate(plain, s.watch.product(whole.yes)*recent)
	}
	return draw, rate, rate >= 1 || u < before*rate
}

// lost says whether a record of level l would be dropped whatever it says, known before the record exists.
func (s *Sampler) lost(ctx context.Context, l slog.Level) bool {
	sc := scope.From(ctx)
	if sc == nil || sc.Key == 0 {
		return false
	}
	plain := s.plain(s.level(l), l)
	_, calm := s.calm.rates(plain)
	_, tense := s.tense.rates(plain) // the record's time, by which errors are recent, is not known yet
	return fraction(sc.Key) >= max(calm, tense)
}

// contextKey is the key of the trace or request that the record belongs to, 0 for unknown. Where Enabled draws by the
// context, so must Handle.
func (s *Sampler) contextKey(ctx context.Context, root *chain.Root) uint64 {
	if root.Key != 0 && !s.early {
		return root.Key
	}
	if sc := scope.From(ctx); sc != nil && sc.Key != 0 {
		return sc.Key
	}
	return root.Key
}

// around is what the attributes of the process and of the request say. A sampler before the enriching handler finds
// those of the request in the context.
func (s *Sampler) around(ctx context.Context, root *chain.Root) found {
	block := root.Scope
	if block == nil {
		if sc := scope.From(ctx); sc != nil {
			block = sc.Block
		}
	}
	return s.watch.block(root.Static).then(s.watch.block(block)).then(s.watch.attrs(root.Record))
}

// stampOf is the time of r in nanoseconds; now for a record without one.
func stampOf(r *slog.Record) int64 {
	if r.Time.IsZero() {
		return time.Now().UnixNano()
	}
	return r.Time.UnixNano()
}

// note remembers when the last error was.
func (s *Sampler) note(l slog.Level, stamp int64) {
	if l >= slog.LevelError {
		s.lastError.Store(stamp | 1) // 0 means none yet
	}
}

// level is the index of the highest named level that is not above l.
func (s *Sampler) level(l slog.Level) int {
	i := len(s.levels) - 1
	for i > 0 && s.levels[i] > l {
		i--
	}
	return i
}

// plain is the rate without importance. Errors are not reduced by load.
func (s *Sampler) plain(level int, l slog.Level) float64 {
	if l >= slog.LevelError {
		return s.base[level]
	}
	return s.base[level] * (1 - s.load.get())
}

// recent is the factor for recent errors. Records do not come in the order of their time stamps.
func (s *Sampler) recent(stamp int64) float64 {
	last := s.lastError.Load()
	if last == 0 {
		return 1
	}
	if d := stamp - last; d > -s.recentWindow && d < s.recentWindow {
		return s.recentFactor
	}
	return 1
}

// span is the least and the greatest importance that a record can have.
type span struct {
	least, most float64
	exempts     bool // the greatest is infinite
}

// spanOf caps the bounds.
func (s *Sampler) spanOf(least, most float64) span {
	return span{min(least, s.cap), min(most, s.cap), !(most < math.Inf(1))}
}

// importance is the span at a factor for recent errors.
func (s *Sampler) importance(recent float64) *span {
	if recent == 1 {
		return &s.calm
	}
	return &s.tense
}

// rates are the lowest and the highest rate that the record's attributes can give.
func (i *span) rates(plain float64) (low, high float64) {
	if i.exempts {
		return unit(plain * i.least), 1
	}
	return unit(plain * i.least), unit(plain * i.most)
}

// rate multiplies the plain rate by an importance. It grows with importance, so bounds of that are bounds of the rate.
func (s *Sampler) rate(plain, importance float64) float64 {
	if !(importance < math.Inf(1)) {
		return 1
	}
	return unit(plain * min(importance, s.cap))
}

// count counts a record and now and then has the load renewed, should the time stamps of the records stand still.
func (s *Sampler) count(draw uint64, level, kind int, stamp int64) {
	n := s.counts.add(draw, level*kinds+kind, 1)
	if !s.load.idle() && (s.load.due(stamp) || n%256 == 0) {
		s.load.poll(stamp, s.expected)
	}
}

// expected is the number of records below ERROR that the base rates would have kept.
func (s *Sampler) expected() float64 {
	var n float64
	for i, base := range s.base {
		if s.levels[i] >= slog.LevelError {
			break
		}
		for kind := range kinds {
			n += base * float64(s.counts.sum(i*kinds+kind))
		}
	}
	return n
}

// fraction maps a draw to [0, 1).
func fraction(draw uint64) float64 { return float64(draw>>11) / (1 << 53) }
