package sluice

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// FailureMessage is the message of the record by which a Stack tells its own sinks, at WARN and every ten seconds at most, what has failed
// since the last one: failed_records, dead_letters of them, by_sink, and, with an audit trail, audit_failures and audit_unhealthy. It is
// not sampled. Sinks that work show by it that others do not.
const FailureMessage = "records failed"

// failureInterval is the least time between two such records.
const failureInterval = 10 * time.Second

// failures waits after a failure until it is time to tell of it.
type failures struct {
	waiting atomic.Bool

	mu     sync.Mutex
	timer  *time.Timer
	closed bool
	told   failed            // what was told
	sinks  map[string]uint64 // what was told of each sink
	own    uint64            // records of these reports since, which may have failed themselves
}

// failed is what a report adds up.
type failed struct{ records, dead, audit uint64 }

// noteFailure is called for every error.
func (s *Stack) noteFailure() {
	f := &s.failures
	if f.waiting.Load() || f.waiting.Swap(true) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.timer = time.AfterFunc(failureInterval, s.tellFailures)
	}
}

func (f *failures) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.timer != nil {
		f.timer.Stop()
	}
}

// tellFailures hands a report to the current chain, past the sampler. That the reports themselves fail is not worth one.
func (s *Stack) tellFailures() {
	f := &s.failures
	f.waiting.Store(false)
	r, ok := f.report(s.Stats())
	g := s.current.Load()
	ctx := context.Background()
	if ok && g.own.Enabled(ctx, r.Level) {
		_, _ = g.handle(ctx, g.own, r, chain.Root{}) // the stack is told by its own records
	}
}

// report makes a record of what has failed since the last one, and says whether there is something to tell.
func (f *failures) report(st Stats) (slog.Record, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, by := failed{records: st.Failed}, map[string]uint64{}
	for name, k := range st.Sinks {
		now.dead += k.DeadLettered
		if n := k.Failed - min(k.Failed, f.sinks[name]); n > 0 {
			by[name] = n
		}
	}
	if st.Audit != nil {
		now.audit = st.Audit.Failed
	}
	diff := failed{now.records - min(now.records, f.told.records), now.dead - min(now.dead, f.told.dead), now.audit - min(now.audit, f.told.audit)}
	unhealthy := st.Audit != nil && st.Audit.Unhealthy != ""
	news := diff.records > f.own || diff.audit > 0 || unhealthy && diff.records == 0
	f.told, f.own = now, 0
	f.sinks = map[string]uint64{}
	for name, k := range st.Sinks {
		f.sinks[name] = k.Failed
	}
	if !news || f.closed {
		return slog.Record{}, false
	}
	f.own++
	r := slog.NewRecord(time.Now(), slog.LevelWarn, FailureMessage, 0)
	r.AddAttrs(slog.Uint64("failed_records", diff.records), slog.Uint64("dead_letters", diff.dead))
	var sinks []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(by)) {
		sinks = append(sinks, slog.Uint64(name, by[name]))
	}
	if len(sinks) > 0 {
		r.AddAttrs(slog.Attr{Key: "by_sink", Value: slog.GroupValue(sinks...)})
	}
	if st.Audit != nil {
		r.AddAttrs(slog.Uint64("audit_failures", diff.audit))
		if unhealthy {
			r.AddAttrs(slog.String("audit_unhealthy", st.Audit.Unhealthy))
		}
	}
	return r, true
}
