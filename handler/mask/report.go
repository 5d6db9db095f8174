package mask

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// ReportMessage is the message of the record by which a handler with Options.ReportInterval tells the next one, at INFO, what it has
// masked since the last: masked (how many values), by_rule (a group), places (a list of the most frequent Findings), interval_ms.
const ReportMessage = "values masked"

// maxReported is how many places a report names.
const maxReported = 20

// reports is when a masker reports, and what it has reported.
type reports struct {
	every time.Duration // 0 for never
	to    chain.Handler // nil for the next
	next  atomic.Int64  // unix nanoseconds
	mu    sync.Mutex
	last  []Finding
	at    time.Time
}

// reportDue says whether something was masked that is to be reported at the time of a record.
func (m *Masker) reportDue(now time.Time) bool {
	if m.reports.every == 0 || m.counts.unreported.Load() == 0 {
		return false
	}
	if now.IsZero() {
		now = time.Now()
	}
	next := m.reports.next.Load()
	return now.UnixNano() >= next && m.reports.next.CompareAndSwap(next, now.Add(m.reports.every).UnixNano())
}

// report hands next, or who takes the reports, a record of what was masked since the last one.
func (m *Masker) report(ctx context.Context, next chain.Handler) error {
	r := &m.reports
	if r.to != nil {
		next = r.to
	}
	r.mu.Lock()
	now := time.Now()
	m.counts.unreported.Store(0) // before the findings: what comes later is reported later
	all := m.Findings()
	diff, interval := since(all, r.last), now.Sub(r.at)
	r.last, r.at = all, now
	r.mu.Unlock()
	if len(diff) == 0 || !next.Enabled(ctx, slog.LevelInfo) {
		return nil
	}
	var rules []slog.Attr
	total := uint64(0)
	names, sums := byRule(diff)
	for _, name := range names {
		rules = append(rules, slog.Uint64(name, sums[name]))
		total += sums[name]
	}
	rec := slog.NewRecord(now, slog.LevelInfo, ReportMessage, 0)
	rec.AddAttrs(
		slog.Uint64("masked", total),
		slog.Attr{Key: "by_rule", Value: slog.GroupValue(rules...)},
		slog.Any("places", diff[:min(len(diff), maxReported)]),
		slog.Float64("interval_ms", float64(interval)/float64(time.Millisecond)),
	)
	return next.HandleRoot(ctx, rec, chain.Root{})
}
