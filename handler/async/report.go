package async

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// ReportMessage is the message of the record by which a queue tells the next handler, at WARN, what it has dropped since
// the last: dropped, by_level.{debug,info,warn,error,critical}, by_reason.{full,timeout,evicted,closed}, interval_ms.
const ReportMessage = "records dropped"

// reporter reports drops an interval after the first that is not yet reported, and at the end. It does so past the
// rings: there is no place in them at that time.
func (c *core) reporter() {
	workers := make(chan struct{})
	go func() {
		for i := range c.lanes {
			<-c.lanes[i].ended
		}
		close(workers)
	}()
	defer close(c.ended)
	if c.opts.DropReportInterval < 0 {
		<-workers
		return
	}
	timer := time.NewTimer(c.opts.DropReportInterval)
	defer timer.Stop()
	var told tally
	for open := true; open; {
		since := time.Now()
		select {
		case <-c.drops:
			since = time.Now()
			timer.Reset(c.opts.DropReportInterval)
			select {
			case <-timer.C:
			case <-workers:
				open = false
			}
		case <-workers:
			open = false
		}
		c.alarm.Store(false) // before the count: a later drop rings again
		now := c.tally()
		if now != told {
			c.tell(&now, &told, time.Since(since))
			told = now
		}
	}
}

// tell hands a report of the drops between two tallies to the next handler, contained like any record.
func (c *core) tell(now, told *tally, interval time.Duration) {
	diff := *now
	for why := range diff {
		for class := range diff[why] {
			diff[why][class] -= told[why][class]
		}
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, ReportMessage, 0)
	r.AddAttrs(
		slog.Uint64("dropped", diff.total()),
		slog.Attr{Key: "by_level", Value: counts(levelNames[:], func(i int) uint64 { return diff.level(i) })},
		slog.Attr{Key: "by_reason", Value: counts(reasonNames[:], func(i int) uint64 { return diff.reason(reason(i)) })},
		slog.Float64("interval_ms", float64(interval)/float64(time.Millisecond)),
	)
	defer func() {
		if p := recover(); p != nil {
			c.report(&PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	ctx := context.Background()
	if !c.base.Enabled(ctx, r.Level) {
		return
	}
	if err := c.base.HandleRoot(ctx, r, chain.Root{}); err != nil {
		c.report(err)
		return
	}
	c.reports.Add(1)
}

// counts is a group of the counts that are not zero.
func counts(names []string, count func(int) uint64) slog.Value {
	var attrs []slog.Attr
	for i, name := range names {
		if n := count(i); n > 0 {
			attrs = append(attrs, slog.Uint64(name, n))
		}
	}
	return slog.GroupValue(attrs...)
}
