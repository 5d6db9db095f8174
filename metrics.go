package sluice

import (
	"context"
	"errors"
	"expvar"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sluicelog/sluice/level"
)

func levelName(l slog.Level) string { return level.Name(l) }

// Publish publishes the Stack's Stats as the expvar of that name. An error says that the name is taken.
func (s *Stack) Publish(name string) error {
	if expvar.Get(name) != nil {
		return errors.New("sluice: expvar " + name + " is published already")
	}
	expvar.Publish(name, expvar.Func(func() any { return s.Stats() }))
	return nil
}

// RegisterMetrics registers the Stack's figures with an OpenTelemetry meter, read at each collection:
//
//	sluice.records           counter, {record}; attribute outcome: accepted, delivered, sampled_out, dropped, failed, collapsed
//	sluice.records.queued    gauge, {record}
//	sluice.queue.capacity    gauge, {record}
//	sluice.masked            counter, {value}; attribute rule
//	sluice.enrich.lookups    counter, {lookup}; attributes cache, outcome: hit, miss, late
//	sluice.enrich.evictions  counter, {entry}; attribute cache
//	sluice.sink.records      counter, {record}; attributes sink, outcome: delivered, failed
//	sluice.sink.dead_letters counter, {record}; attribute sink; part of what failed
//	sluice.audit.events      counter, {event}; attribute outcome: recorded, failed
//	sluice.audit.healthy     gauge; 1 when events would be recorded, else 0
//	sluice.errors            counter, {error}
//
// The registration that it returns ends it.
func (s *Stack) RegisterMetrics(m metric.Meter) (metric.Registration, error) {
	var errs []error
	counter := func(name, unit, doc string) metric.Int64ObservableCounter {
		c, err := m.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(doc))
		errs = append(errs, err)
		return c
	}
	gauge := func(name, unit, doc string) metric.Int64ObservableGauge {
		g, err := m.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(doc))
		errs = append(errs, err)
		return g
	}
	records := counter("sluice.records", "{record}", "Records by what became of them.")
	queued := gauge("sluice.records.queued", "{record}", "Records that wait in the queue or in a request's buffer.")
	capacity := gauge("sluice.queue.capacity", "{record}", "Places of the queue.")
	masked := counter("sluice.masked", "{value}", "Values that were masked, by rule.")
	lookups := counter("sluice.enrich.lookups", "{lookup}", "Look-ups in the caches of enrichers.")
	evictions := counter("sluice.enrich.evictions", "{entry}", "Answers that the caches of enrichers gave up.")
	sinks := counter("sluice.sink.records", "{record}", "Records of each sink.")
	dead := counter("sluice.sink.dead_letters", "{record}", "Records of each sink that are in its file of dead letters.")
	events := counter("sluice.audit.events", "{event}", "Events for the audit trail.")
	healthy := gauge("sluice.audit.healthy", "1", "Whether the audit trail would record an event.")
	errorCount := counter("sluice.errors", "{error}", "Errors of stages and sinks.")
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		st := s.Stats()
		for outcome, n := range map[string]uint64{
			"accepted": st.Accepted, "delivered": st.Delivered, "sampled_out": st.SampledOut,
			"dropped": st.Dropped, "failed": st.Failed, "collapsed": st.Collapsed,
		} {
			o.ObserveInt64(records, int64(n), metric.WithAttributes(attribute.String("outcome", outcome)))
		}
		o.ObserveInt64(queued, int64(st.Queued))
		o.ObserveInt64(capacity, int64(st.Queue.Capacity))
		for rule, n := range st.Masked {
			o.ObserveInt64(masked, int64(n), metric.WithAttributes(attribute.String("rule", rule)))
		}
		for name, c := range st.Enrich.Caches {
			cache := attribute.String("cache", name)
			for outcome, n := range map[string]uint64{"hit": c.Hits, "miss": c.Misses - min(c.Misses, c.Late+c.Refused), "late": c.Late + c.Refused} {
				o.ObserveInt64(lookups, int64(n), metric.WithAttributes(cache, attribute.String("outcome", outcome)))
			}
			o.ObserveInt64(evictions, int64(c.Evicted), metric.WithAttributes(cache))
		}
		for name, k := range st.Sinks {
			for outcome, n := range map[string]uint64{"delivered": k.Delivered, "failed": k.Failed} {
				o.ObserveInt64(sinks, int64(n), metric.WithAttributes(attribute.String("sink", name), attribute.String("outcome", outcome)))
			}
			o.ObserveInt64(dead, int64(k.DeadLettered), metric.WithAttributes(attribute.String("sink", name)))
		}
		if a := st.Audit; a != nil {
			o.ObserveInt64(events, int64(a.Recorded), metric.WithAttributes(attribute.String("outcome", "recorded")))
			o.ObserveInt64(events, int64(a.Failed), metric.WithAttributes(attribute.String("outcome", "failed")))
			works := int64(1)
			if a.Unhealthy != "" {
				works = 0
			}
			o.ObserveInt64(healthy, works)
		}
		o.ObserveInt64(errorCount, int64(st.Errors))
		return nil
	}, records, queued, capacity, masked, lookups, evictions, sinks, dead, events, healthy, errorCount)
}
