package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/slogrec"
)

// stage configurations under which the books must balance.
var stages = map[string]func(*sluice.Config){
	"all stages": func(c *sluice.Config) {
		c.Sample = &sluice.SampleConfig{Rates: map[string]float64{"debug": .3, "info": .6, "warn": .9}}
	},
	"buffer before the sampler": func(c *sluice.Config) { c.Sample = &sluice.SampleConfig{Buffer: true} },
	"sampler first":             func(c *sluice.Config) { c.Sample = &sluice.SampleConfig{First: true} },
	"no queue":                  func(c *sluice.Config) { c.Queue = &sluice.QueueConfig{Off: true} },
	"tiny queue, drop newest": func(c *sluice.Config) {
		c.Queue = &sluice.QueueConfig{Capacity: 8, Workers: 2, Timeout: time.Millisecond}
	},
	"tiny queue, drop oldest": func(c *sluice.Config) {
		c.Queue = &sluice.QueueConfig{Capacity: 8, Workers: 2, Overflow: "drop_oldest", Timeout: time.Millisecond}
	},
	"tiny queue, block": func(c *sluice.Config) {
		c.Queue = &sluice.QueueConfig{Capacity: 8, Workers: 2, Overflow: "block", Timeout: time.Millisecond}
	},
}

// produce logs n records of all levels from 64 producers, some inside requests, through derived loggers.
func produce(log *slog.Logger, n int) {
	var wg sync.WaitGroup
	for p := range 64 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(p), 1))
			ctx, end := correlate.Begin(context.Background())
			defer func() { end() }()
			log := log.With("producer", p)
			grouped := log.WithGroup("g").With("k", "v")
			for i := range n / 64 {
				if i%10 == 9 {
					end()
					ctx, end = correlate.Begin(context.Background())
				}
				l := []slog.Level{slog.LevelDebug, slog.LevelDebug, slog.LevelInfo, slog.LevelInfo, slog.LevelWarn, slog.LevelError}[r.IntN(6)]
				if i%2 == 0 {
					log.Log(ctx, l, "m", "i", i, "user_facing", i%5 == 0)
				} else {
					grouped.LogAttrs(ctx, l, "m", slog.Any("err", errors.New("boom")), slog.Int("i", i))
				}
			}
		})
	}
	wg.Wait()
}

const produced = 64 * 100

func TestTheBooksBalance(t *testing.T) {
	faults := map[string]func() []slogrec.Option{
		"good sink": func() []slogrec.Option { return nil },
		"sink that errors": func() []slogrec.Option {
			return []slogrec.Option{slogrec.FailWith(errors.New("disk full"), slogrec.AtLeast(slog.LevelInfo))}
		},
		"sink that panics": func() []slogrec.Option {
			return []slogrec.Option{slogrec.PanicWith("boom", slogrec.Level(slog.LevelWarn))}
		},
		"sink that always fails": func() []slogrec.Option { return []slogrec.Option{slogrec.FailWith(errors.New("gone"))} },
	}
	for stage, configure := range stages {
		for fault, options := range faults {
			t.Run(stage+", "+fault, func(t *testing.T) {
				t.Parallel()
				bad, good := slogrec.New(options()...), slogrec.New()
				cfg := sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "null"}},
					Handlers: []slog.Handler{bad, good}, OnError: func(error) {}}
				configure(&cfg)
				stack := open(t, cfg)
				produce(stack.Logger(), produced)
				if err := stack.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				st := stack.Stats()
				reports := uint64(len(good.Find(slogrec.Message(sluice.FailureMessage)))) // the stack's own, in a run of over ten seconds
				if st.Accepted != produced+reports || !st.Balanced() {
					t.Errorf("%d records came in; the books:\n%s", produced, st)
				}
				// Every record that came through reached the good sink, whatever happened to the other.
				if got := uint64(good.Len()); got != st.Delivered+st.Failed+st.Queue.Reports {
					t.Errorf("the good sink has %d records of %d and %d reports", got, st.Delivered+st.Failed, st.Queue.Reports)
				}
			})
		}
	}
}

func TestTheBooksBalanceWhenASinkHangs(t *testing.T) {
	for stage, configure := range stages {
		if stage == "no queue" {
			continue // then the callers hang too: nothing stands between
		}
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			gate := new(slogrec.Gate)
			cfg := sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "null"}},
				Handlers: []slog.Handler{slogrec.New(slogrec.BlockOn(gate))}, OnError: func(error) {}}
			configure(&cfg)
			if cfg.Queue == nil {
				cfg.Queue = &sluice.QueueConfig{Timeout: time.Millisecond}
			}
			stack := open(t, cfg)
			produce(stack.Logger(), produced) // returns, though nothing is delivered
			if st := stack.Stats(); st.Accepted != produced || !st.Balanced() || st.Delivered > 0 {
				t.Errorf("while the sink hangs:\n%s", st)
			}
			gate.Open()
			if err := stack.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if st := stack.Stats(); !st.Balanced() || st.Queue.Queued > 0 {
				t.Errorf("after it recovered:\n%s", st)
			}
		})
	}
}

func TestTheBooksBalanceWhenClosedInTheMiddle(t *testing.T) {
	for stage, configure := range stages {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			sink := slogrec.New()
			cfg := sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "null"}}, Handlers: []slog.Handler{sink}, OnError: func(error) {}}
			configure(&cfg)
			stack := open(t, cfg)
			var wg sync.WaitGroup
			wg.Go(func() { produce(stack.Logger(), produced) })
			if err := sink.Await(t.Context(), 50); err != nil {
				t.Fatal(err)
			}
			if err := stack.Close(t.Context()); err != nil {
				t.Error(err)
			}
			wg.Wait()
			st := stack.Stats()
			if st.Accepted != produced || !st.Balanced() {
				t.Errorf("the books:\n%s", st)
			}
			if err := stack.Handler().Handle(t.Context(), slog.Record{Level: slog.LevelError}); !errors.Is(err, sluice.ErrClosed) {
				t.Errorf("a closed stack answered %v, want ErrClosed", err)
			}
		})
	}
}

func TestCloseIsBoundedByItsContextWhenASinkHangs(t *testing.T) {
	for _, off := range []bool{false, true} {
		t.Run(fmt.Sprintf("queue off %v", off), func(t *testing.T) {
			gate := new(slogrec.Gate)
			cfg := sluice.Config{Environment: sluice.Development, Queue: &sluice.QueueConfig{Off: off},
				Handlers: []slog.Handler{slogrec.New(slogrec.BlockOn(gate))}, OnError: func(error) {}}
			stack := open(t, cfg)
			done := make(chan struct{})
			go func() {
				defer close(done)
				stack.Logger().Info("m")
			}()
			gate.Await(1)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := stack.Close(ctx); err == nil {
				t.Error("Close said that all is well")
			}
			gate.Open()
			<-done
		})
	}
}

func TestReloadUnderLoadLosesNothing(t *testing.T) {
	for _, off := range []bool{false, true} {
		t.Run(fmt.Sprintf("queue off %v", off), func(t *testing.T) {
			sink := slogrec.New()
			path := filepath.Join(t.TempDir(), "app.jsonl")
			cfg := sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "json", Path: path}},
				Queue: &sluice.QueueConfig{Off: off, Capacity: 100_000}, Handlers: []slog.Handler{sink}}
			stack := open(t, cfg)
			var wg sync.WaitGroup
			wg.Go(func() { produce(stack.Logger(), produced) })
			reloads := 0
			for reloads < 20 {
				if reloads%2 == 0 { // other bounds: the file is closed and opened again
					cfg.Sinks = []sluice.SinkConfig{{Type: "json", Path: path, Rotate: sluice.RotateConfig{MaxFiles: 5 + reloads}}}
				}
				if err := stack.Reload(t.Context(), cfg); err != nil {
					t.Fatal(err)
				}
				reloads++
			}
			wg.Wait()
			if err := stack.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			st := stack.Stats()
			if !st.Balanced() || st.Delivered != produced || st.Reloads != uint64(reloads) {
				t.Errorf("after %d reloads:\n%s", reloads, st)
			}
			if sink.Len() != produced {
				t.Errorf("the sink has %d records of %d", sink.Len(), produced)
			}
			if err := stack.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if lines := countLines(t, path); lines != produced {
				t.Errorf("the file has %d lines of %d", lines, produced)
			}
		})
	}
}

func TestAWrongReloadChangesNothing(t *testing.T) {
	sink := slogrec.New()
	cfg := sluice.Config{Environment: sluice.Development, Handlers: []slog.Handler{sink}}
	stack := open(t, cfg)
	bad := cfg
	bad.Level = "loud"
	if err := stack.Reload(t.Context(), bad); err == nil {
		t.Error("a level that is none was taken")
	}
	bad = cfg
	bad.Sinks = []sluice.SinkConfig{{Type: "json", Path: t.TempDir()}} // a directory
	if err := stack.Reload(t.Context(), bad); err == nil {
		t.Error("a directory was opened as a log file")
	}
	stack.Logger().Info("still here")
	if err := stack.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	sink.Require(t, slogrec.Message("still here"))
	if st := stack.Stats(); st.Reloads != 0 {
		t.Errorf("%d reloads", st.Reloads)
	}
}

// The record that tells what was masked is counted in, is not sampled, and is delivered or dropped as any other.
func TestTheBooksBalanceWithTheMasksReport(t *testing.T) {
	for stage, configure := range stages {
		if strings.HasPrefix(stage, "tiny") {
			continue // whether it finds room is chance
		}
		t.Run(stage, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := slogrec.New()
				cfg := sluice.Config{Environment: sluice.Production, Sinks: []sluice.SinkConfig{{Type: "null"}}, Handlers: []slog.Handler{rec},
					Enrich: &sluice.EnrichConfig{System: &sluice.SystemConfig{Off: true}}}
				configure(&cfg)
				stack := open(t, cfg)
				log := stack.Logger()
				log.Error("m", "password", "hunter2")
				time.Sleep(10 * time.Minute)
				log.Error("m")
				if err := stack.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if st := stack.Stats(); st.Accepted != 3 || st.Delivered != 3 || !st.Balanced() {
					t.Errorf("the books:\n%s", st)
				}
				report := rec.Require(t, slogrec.Message(mask.ReportMessage))
				if v, _ := report.Get("by_rule.KEY"); v != uint64(1) {
					t.Errorf("the report has %v", report.Attrs)
				}
				if _, ok := report.Get("service"); !ok {
					t.Errorf("the report does not say of which service: %v", report.Attrs)
				}
				if err := stack.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
