package sluice

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Stats are the books of a Stack since it was opened, reloads included. After Flush they balance:
//
//	Accepted = Delivered + SampledOut + Dropped + Failed + Collapsed + Queued
//
// While records pass, the figures agree to within those records.
type Stats struct {
	// Accepted records came in, past the level.
	Accepted uint64 `json:"accepted"`
	// Delivered records were taken by every sink that they were meant for.
	Delivered uint64 `json:"delivered"`
	// SampledOut records were dropped by the sampler, or by the buffer with a request that did not fail.
	SampledOut uint64 `json:"sampled_out"`
	// Dropped records found the queue full, or the stack closed.
	Dropped uint64 `json:"dropped"`
	// Failed records were refused by at least one of the sinks that they were meant for.
	Failed uint64 `json:"failed"`
	// Collapsed records are part of another record that stands for them.
	Collapsed uint64 `json:"collapsed"`
	// Queued records wait, in the queue or in the buffer of their request.
	Queued uint64 `json:"queued"`

	// Masked counts replacements by rule: the kinds of patterns, KEY for values under a secret key.
	Masked map[string]uint64 `json:"masked,omitempty"`
	// Sampled has kept and dropped records by level.
	Sampled map[string]SampledStats `json:"sampled,omitempty"`
	// Enrich, Buffer and Queue are the figures of these stages.
	Enrich EnrichStats `json:"enrich"`
	Buffer BufferStats `json:"buffer"`
	Queue  QueueStats  `json:"queue"`
	// Audit has the figures of the audit trail; nil without one.
	Audit *AuditStats `json:"audit,omitempty"`
	// Sinks has the figures of each sink, by name.
	Sinks map[string]SinkStats `json:"sinks,omitempty"`
	// Errors is how many errors were reported, Reloads how often the chain was swapped.
	Errors  uint64 `json:"errors"`
	Reloads uint64 `json:"reloads"`
}

// SampledStats are the sampler's figures for one level.
type SampledStats struct {
	Kept       uint64 `json:"kept"`
	SampledOut uint64 `json:"sampled_out"`
}

// BufferStats are the figures of the buffer.
type BufferStats struct {
	Held     uint64 `json:"held"`
	Released uint64 `json:"released"`
	Dropped  uint64 `json:"dropped"`
	Evicted  uint64 `json:"evicted"`
}

// QueueStats are the figures of the queue.
type QueueStats struct {
	Queued        uint64            `json:"queued"`
	Capacity      uint64            `json:"capacity"`
	HighWater     uint64            `json:"high_water"`
	Panics        uint64            `json:"panics"`
	Reports       uint64            `json:"reports"`
	DroppedBy     map[string]uint64 `json:"dropped_by_level,omitempty"`
	DroppedReason map[string]uint64 `json:"dropped_by_reason,omitempty"`
}

// SinkStats are the figures of one sink. A record that failed over counts as failed here and as delivered at the sink that
// took it.
type SinkStats struct {
	Delivered uint64 `json:"delivered"`
	Failed    uint64 `json:"failed"` // refused, or given up later
	// DeadLettered records are those of Failed that are in the sink's file of dead letters.
	DeadLettered uint64 `json:"dead_lettered,omitempty"`
	Collapsed    uint64 `json:"collapsed,omitempty"`
	Pending      uint64 `json:"pending,omitempty"` // taken, and still in the sink or its spool
	Panics       uint64 `json:"panics"`
	// Trouble is what keeps pending records from being delivered at present, "" for nothing: a node that does not answer, a template that
	// cannot be made yet.
	Trouble string `json:"trouble,omitempty"`
}

// Balanced says whether the books balance.
func (s *Stats) Balanced() bool {
	return s.Accepted == s.Delivered+s.SampledOut+s.Dropped+s.Failed+s.Collapsed+s.Queued
}

// Stats returns the figures as they are now.
func (s *Stack) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.retired.clone()
	gen := s.current.Load()
	gen.addTo(&st)
	s.countRefusals(gen)
	for _, g := range s.draining {
		g.addTo(&st)
		s.countRefusals(g)
	}
	st.Accepted, st.Dropped = s.accepted.Load(), st.Dropped+s.refused
	st.Audit = s.audit.stats()
	st.Errors, st.Reloads = s.errors.Load(), s.reloads
	gen.ready.addTo(&st.Enrich)
	for name, t := range s.tallies {
		st.Sinks[name] = SinkStats{Delivered: t.delivered.Load(), Failed: t.failed.Load(), Panics: t.panics.Load()}
	}
	st.settle(s.lates.of)
	neverLess(&s.shown, &st.Delivered, &st.Queued)
	for name, t := range s.tallies {
		k := st.Sinks[name]
		neverLess(&t.shown, &k.Delivered, &k.Pending)
		st.Sinks[name] = k
	}
	return st
}

func (s *Stats) clone() Stats {
	c := *s
	c.Masked, c.Sampled = maps.Clone(s.Masked), maps.Clone(s.Sampled)
	c.Queue.DroppedBy, c.Queue.DroppedReason = maps.Clone(s.Queue.DroppedBy), maps.Clone(s.Queue.DroppedReason)
	c.Sinks = maps.Clone(s.Sinks)
	for _, m := range []*map[string]uint64{&c.Masked, &c.Queue.DroppedBy, &c.Queue.DroppedReason} {
		if *m == nil {
			*m = map[string]uint64{}
		}
	}
	if c.Sampled == nil {
		c.Sampled = map[string]SampledStats{}
	}
	if c.Sinks == nil {
		c.Sinks = map[string]SinkStats{}
	}
	return c
}

// addTo adds the generation's figures to st.
func (g *generation) addTo(st *Stats) {
	if g.mask != nil {
		for rule, n := range g.mask.Masker().Stats() {
			st.Masked[rule] += n
		}
	}
	if g.names != nil {
		for typ, n := range g.names.Stats().Masked {
			st.Masked[typ] += n
		}
	}
	for _, h := range g.enrich {
		st.Enrich.Panics += h.Stats().Panics
	}
	if g.sample != nil {
		s := g.sample.Stats()
		st.SampledOut += s.SampledOut
		for _, l := range s.Levels {
			name := levelName(l.Level)
			e := st.Sampled[name]
			e.Kept += l.Kept
			e.SampledOut += l.SampledOut
			st.Sampled[name] = e
		}
	}
	if g.buffer != nil {
		b := g.buffer.Stats()
		st.SampledOut += b.Dropped + b.Evicted
		st.Queued += b.Held
		st.Buffer.Held += b.Held
		st.Buffer.Released += b.Released
		st.Buffer.Dropped += b.Dropped
		st.Buffer.Evicted += b.Evicted
	}
	st.Delivered += g.past.delivered.Load()
	st.Failed += g.past.failed.Load()
	if g.queue == nil {
		st.Delivered += g.exit.delivered.Load()
		st.Failed += g.exit.failed.Load()
		return
	}
	q := g.queue.Stats()
	st.Delivered += q.Delivered
	st.Failed += q.Failed
	st.Dropped += q.Dropped // what it refused is the stack's to count: another generation may have taken it
	st.Queued += uint64(q.Queued)
	st.Queue.Queued += uint64(q.Queued)
	st.Queue.Capacity = uint64(q.Capacity)
	st.Queue.HighWater = max(st.Queue.HighWater, uint64(q.HighWater))
	st.Queue.Panics += g.exit.panics.Load() + q.Panics
	st.Queue.Reports += q.Reports
	by, why := q.DroppedByLevel, q.DroppedByReason
	for _, e := range []struct {
		m    map[string]uint64
		name string
		n    uint64
	}{
		{st.Queue.DroppedBy, "DEBUG", by.Debug}, {st.Queue.DroppedBy, "INFO", by.Info}, {st.Queue.DroppedBy, "WARN", by.Warn},
		{st.Queue.DroppedBy, "ERROR", by.Error}, {st.Queue.DroppedBy, "CRITICAL", by.Critical},
		{st.Queue.DroppedReason, "full", why.Full}, {st.Queue.DroppedReason, "timeout", why.Timeout},
		{st.Queue.DroppedReason, "evicted", why.Evicted}, {st.Queue.DroppedReason, "closed", why.Closed},
	} {
		if e.n > 0 {
			e.m[e.name] += e.n
		}
	}
}

// String is the books as a table: what went into each stage and what came out of it.
func (s Stats) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(stage string, in, out uint64, notes ...string) {
		fmt.Fprintf(w, "  %s\t%d in\t%d out\t%s\n", stage, in, out, strings.Join(notes, ", "))
	}
	masked := uint64(0)
	var kinds []string
	for _, k := range slices.Sorted(maps.Keys(s.Masked)) {
		masked += s.Masked[k]
		kinds = append(kinds, fmt.Sprintf("%s %d", k, s.Masked[k]))
	}
	note := fmt.Sprintf("%d values masked", masked)
	if len(kinds) > 0 {
		note += " (" + strings.Join(kinds, ", ") + ")"
	}
	row("mask", s.Accepted, s.Accepted, note)
	row("enrich", s.Accepted, s.Accepted, s.Enrich.notes()...)
	kept := s.Accepted - min(s.SampledOut+s.Buffer.Held, s.Accepted)
	var rates []string
	for _, name := range []string{"DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"} {
		if l := s.Sampled[name]; l.SampledOut > 0 {
			rates = append(rates, fmt.Sprintf("%s %d of %d kept", name, l.Kept, l.Kept+l.SampledOut))
		}
	}
	row("sample", s.Accepted, kept, append([]string{fmt.Sprintf("%d sampled out", s.SampledOut)}, rates...)...)
	out := kept - min(kept, s.Dropped+s.Queue.Queued)
	row("queue", kept, out, fmt.Sprintf("%d dropped", s.Dropped), fmt.Sprintf("%d waiting", s.Queue.Queued),
		fmt.Sprintf("at most %d of %d places used", s.Queue.HighWater, s.Queue.Capacity))
	for _, name := range slices.Sorted(maps.Keys(s.Sinks)) {
		k := s.Sinks[name]
		notes := []string{fmt.Sprintf("%d failed", k.Failed)}
		if k.DeadLettered > 0 {
			notes = append(notes, fmt.Sprintf("%d of them dead letters", k.DeadLettered))
		}
		if k.Collapsed > 0 {
			notes = append(notes, fmt.Sprintf("%d collapsed", k.Collapsed))
		}
		if k.Pending > 0 {
			notes = append(notes, fmt.Sprintf("%d pending", k.Pending))
		}
		if k.Trouble != "" {
			notes = append(notes, k.Trouble)
		}
		row("sink "+name, k.Delivered+k.Failed+k.Collapsed+k.Pending, k.Delivered, notes...)
	}
	_ = w.Flush()
	sign := "="
	if !s.Balanced() {
		sign = "is not"
	}
	fmt.Fprintf(&b, "\n  accepted %d %s delivered %d + sampled out %d + dropped %d + failed %d + collapsed %d + queued %d\n",
		s.Accepted, sign, s.Delivered, s.SampledOut, s.Dropped, s.Failed, s.Collapsed, s.Queued)
	return b.String()
}
