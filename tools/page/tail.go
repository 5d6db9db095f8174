package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"

	"github.com/sluicelog/sluice/store"
)

// rate is how many records a second the live page is given.
const rate = 1000

// follow has a live page follow a store that is written, and prints the tasks of its main thread.
func follow(ctx context.Context, b *browser, length time.Duration) (err error) {
	dir, err := os.MkdirTemp("", "page-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	if err := appendRecords(s, 2*rate, time.Now()); err != nil {
		return err
	}
	_, address, stop, err := serve(ctx, s.Searcher(nil))
	if err != nil {
		return err
	}
	defer stop()
	if _, err := b.painted(chromedp.Navigate(address), chromedp.Click("#live")); err != nil {
		return err
	}
	tasks := watchTasks(b)
	if err := chromedp.Run(b.ctx, chromedp.Sleep(time.Second), chromedp.Evaluate(`document.getElementById('rows').scrollTop = 520; 0`, nil), tasks.start()); err != nil {
		return err
	}
	const every = 50 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	sent := 0
	for began := time.Now(); time.Since(began) < length; {
		now := <-tick.C
		due := int(now.Sub(began).Seconds() * rate)
		if err := appendRecords(s, max(0, due-sent), now); err != nil {
			return err
		}
		sent = max(sent, due)
	}
	var fresh string
	if err := chromedp.Run(b.ctx, chromedp.Sleep(time.Second), tasks.stop(), chromedp.Evaluate(`document.getElementById('fresh').textContent`, &fresh)); err != nil {
		return err
	}
	tasks.print(length, fmt.Sprintf("%d records in %v, the page says %q", sent, length, fresh))
	return nil
}

// tasks are those of the main thread of the page.
type tasks struct {
	ended chan struct{}
	main  map[[2]int64]bool // the threads, by process
	all   []event
}

// event is one of a trace (the Trace Event Format); times are microseconds, TDur those of the processor.
type event struct {
	Name, Cat, Ph string
	PID, TID      int64
	Dur, TDur     float64
	Args          struct{ Name string }
}

func watchTasks(b *browser) *tasks {
	t := &tasks{ended: make(chan struct{}), main: map[[2]int64]bool{}}
	chromedp.ListenTarget(b.ctx, func(ev any) {
		switch ev := ev.(type) {
		case *tracing.EventDataCollected:
			for _, raw := range ev.Value {
				var e event
				if json.Unmarshal(raw, &e) != nil {
					continue
				}
				switch {
				case e.Name == "thread_name" && e.Args.Name == "CrRendererMain":
					t.main[[2]int64{e.PID, e.TID}] = true
				case e.Ph == "X" && (e.Name == "RunTask" || e.Name == "ThreadControllerImpl::RunTask"):
					t.all = append(t.all, e)
				}
			}
		case *tracing.EventTracingComplete:
			close(t.ended)
		}
	})
	return t
}

func (t *tasks) start() chromedp.Action {
	return tracing.Start().WithTransferMode(tracing.TransferModeReportEvents).WithTraceConfig(&tracing.TraceConfig{
		RecordMode: tracing.RecordModeRecordContinuously, IncludedCategories: []string{"toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline", "__metadata"},
	})
}

func (t *tasks) stop() chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if err := tracing.End().Do(ctx); err != nil {
			return err
		}
		select {
		case <-t.ended:
			return nil
		case <-time.After(30 * time.Second):
			return errors.New("the browser's trace does not end")
		}
	})
}

// print prints how long tasks took, by the clock and on the processor.
func (t *tasks) print(length time.Duration, what string) {
	var wall, cpu []float64
	sum, long := 0.0, 0
	for _, e := range t.all {
		if t.main[[2]int64{e.PID, e.TID}] {
			wall, cpu = append(wall, e.Dur/1000), append(cpu, e.TDur/1000)
			sum += e.TDur / 1000
			if e.Dur > 50_000 {
				long++
			}
		}
	}
	fmt.Printf("\nLive: %s; %d tasks of the main thread, %d of them over 50 ms by the clock\n\n", what, len(wall), long)
	if len(wall) == 0 {
		return
	}
	fmt.Printf("| a task | p99 | p99.9 | longest |\n|---|---|---|---|\n")
	for _, r := range []struct {
		name string
		ms   []float64
	}{{"by the clock", wall}, {"on the processor", cpu}} {
		slices.Sort(r.ms)
		at := func(p float64) float64 { return r.ms[min(len(r.ms)-1, int(p*float64(len(r.ms))))] }
		fmt.Printf("| %s | %.1f ms | %.1f ms | %.1f ms |\n", r.name, at(.99), at(.999), r.ms[len(r.ms)-1])
	}
	fmt.Printf("\nThe main thread was busy %.1f%% of the time.\n", sum/milliseconds(length)*100)
}
