package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/scope"
)

// One event, recorded by callers that share an fsync, beside one fsync for each and a plain file without any.
func BenchmarkLog(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("trail/%d", callers), func(b *testing.B) {
			tr := mustOpen(b, b.TempDir(), Options{})
			l := mustHandler(b, &HandlerOptions{Deadline: time.Minute}, tr)
			spread(b, callers, func() error { return Log(context.Background(), l, "Configuration changed", event(1)) })
			s := tr.Stats()
			b.ReportMetric(float64(s.Recorded)/float64(s.Commits), "entries/fsync")
		})
		for _, sync := range []bool{true, false} {
			name := "append"
			if sync {
				name = "append+fsync"
			}
			b.Run(fmt.Sprintf("%s/%d", name, callers), func(b *testing.B) {
				f, err := os.OpenFile(filepath.Join(b.TempDir(), "x"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close()
				spread(b, callers, func() error {
					e := event(1)
					line, err := json.Marshal(Body{ID: scope.NewID(), Time: time.Now(), Actor: e.Actor, Action: e.Action, Kind: e.Kind, Target: e.Target, Outcome: e.Outcome, Reason: e.Reason, Old: raw(e.Old), New: raw(e.New), Changes: diff(raw(e.Old), raw(e.New))})
					if err == nil {
						_, err = f.Write(append(line, '\n'))
					}
					if err == nil && sync {
						err = f.Sync()
					}
					return err
				})
			})
		}
	}
}

func spread(b *testing.B, callers int, do func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	tr := mustOpen(b, dir, Options{})
	l := mustHandler(b, &HandlerOptions{Deadline: time.Minute}, tr)
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for n := range 100 {
				if err := Log(context.Background(), l, "Configuration changed", event(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	mustClose(b, tr)
	b.ResetTimer()
	var r Report
	for b.Loop() {
		r = mustVerify(b, dir, nil)
	}
	if !r.Sound {
		b.Fatalf("%+v", r)
	}
	b.SetBytes(r.Bytes)
	b.ReportMetric(float64(r.Entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkOpen opens and closes logs of different lengths: it costs their end alone.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			o := Options{CheckpointEvery: time.Hour, IdleEvery: time.Hour, EpochEvery: time.Hour, EpochEntries: 1 << 40}
			tr := mustOpen(b, dir, o)
			var callers sync.WaitGroup
			for range 100 {
				callers.Go(func() {
					for i := range n / 100 {
						body := Body{ID: fmt.Sprint(i), Message: "Configuration changed", Action: "config.change"}
						if err := tr.Record(context.Background(), body); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			callers.Wait()
			mustClose(b, tr)
			for b.Loop() {
				mustClose(b, mustOpen(b, dir, o))
			}
		})
	}
}
