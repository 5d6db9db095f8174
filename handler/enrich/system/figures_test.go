package system

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/handler/enrich"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logged is a record that f enriches, as JSON has it.
func logged(t testing.TB, f *Figures, level slog.Level) map[string]any {
	t.Helper()
	var b bytes.Buffer
	slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{f}})).
		WithGroup("g").Log(t.Context(), level, "m", "a", 1)
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	group, _ := got[Key].(map[string]any)
	return group
}

func TestTheFiguresOfThisProcess(t *testing.T) {
	var errs []error
	f, err := Start(&Options{OnError: func(err error) { errs = append(errs, err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close(t.Context())
	got := logged(t, f, slog.LevelInfo)
	for _, key := range []string{"goroutines", "heap_bytes", "rss_bytes", "cpu_limit"} {
		if v, _ := got[key].(float64); v <= 0 {
			t.Errorf("%s is %v", key, got[key])
		}
	}
	if len(errs) > 0 {
		t.Error(errs)
	}
	s := f.Snapshot()
	if s.Goroutines < 2 || time.Since(s.Time) > time.Minute || f.Load() < 0 || f.Load() > 1 {
		t.Errorf("%+v, load %v", s, f.Load())
	}
}

func TestOneGoroutineReadsAndRecordsShareTheReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		f := start(&Options{OnError: func(err error) { t.Error(err) }}, []source{func(_ context.Context, s *Snapshot) error {
			s.Goroutines, s.CPU, s.CPULimit = uint64(n.Add(1)), .5, 2
			return nil
		}})
		for round := 1; round < 4; round++ {
			for range 100 {
				if d := cmp.Diff(map[string]any{"goroutines": float64(round), "cpu": .5, "cpu_limit": 2.}, logged(t, f, slog.LevelInfo)); d != "" {
					t.Fatal(d)
				}
			}
			if n.Load() != int64(round) {
				t.Fatalf("%d readings in round %d", n.Load(), round)
			}
			time.Sleep(5 * time.Second)
			synctest.Wait()
		}
		if f.Load() != .25 {
			t.Error(f.Load())
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if n.Load() != 4 || len(logged(t, f, slog.LevelInfo)) == 0 {
			t.Errorf("%d readings after Close", n.Load())
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestASourceThatFailsIsReportedAndTheOthersCount(t *testing.T) {
	var errs []error
	f := start(&Options{OnError: func(err error) { errs = append(errs, err) }}, []source{
		func(context.Context, *Snapshot) error { return errors.New("no proc") },
		func(context.Context, *Snapshot) error { panic("odd") },
		func(_ context.Context, s *Snapshot) error { s.Threads = 3; return nil },
	})
	defer f.Close(t.Context())
	if d := cmp.Diff(map[string]any{"threads": 3.}, logged(t, f, slog.LevelInfo)); d != "" {
		t.Error(d)
	}
	if len(errs) != 2 || f.Errors() != 2 || !strings.Contains(errs[1].Error(), "panicked: odd") {
		t.Errorf("%v", errs)
	}
}

func TestAReadingThatHangsHoldsNoRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block, first := make(chan struct{}), true
		f := start(nil, []source{func(_ context.Context, s *Snapshot) error {
			if !first {
				<-block
			}
			first, s.Threads = false, 3
			return nil
		}})
		time.Sleep(time.Minute)
		began := time.Now()
		if got := logged(t, f, slog.LevelInfo); got["threads"] != 3. || time.Since(began) != 0 {
			t.Errorf("%v after %v", got, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		close(block)
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestOnlyRecordsOfTheLevelGetThem(t *testing.T) {
	f := start(&Options{Level: slog.LevelWarn}, []source{func(_ context.Context, s *Snapshot) error { s.Threads = 3; return nil }})
	defer f.Close(t.Context())
	if logged(t, f, slog.LevelInfo) != nil || logged(t, f, slog.LevelWarn) == nil {
		t.Error("the level is not heeded")
	}
	if _, err := Start(&Options{Interval: 1}); err == nil || !strings.Contains(err.Error(), "Interval is 1ns") {
		t.Error(err)
	}
}

func TestLimitsOfTheControlGroup(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	const gib = 1 << 30
	for name, tc := range map[string]struct {
		fs     fstest.MapFS
		cores  float64
		memory uint64
		used   uint64
	}{
		"no control groups": {fstest.MapFS{}, 8, 16 * gib, 0},
		"version 2, own group": {fstest.MapFS{
			"proc/self/cgroup": file("0::/app\n"), "sys/fs/cgroup/app/cpu.max": file("150000 100000\n"), "sys/fs/cgroup/app/memory.max": file("1073741824\n"),
			"sys/fs/cgroup/app/memory.current": file("500\n"), "sys/fs/cgroup/app/memory.stat": file("anon 300\ninactive_file 200\n"),
		}, 1.5, gib, 300},
		"version 2, the group around is tighter": {fstest.MapFS{
			"proc/self/cgroup": file("0::/pod/app\n"), "sys/fs/cgroup/pod/app/cpu.max": file("max 100000"), "sys/fs/cgroup/pod/cpu.max": file("200000 100000"),
			"sys/fs/cgroup/pod/app/memory.max": file("max"), "sys/fs/cgroup/pod/memory.max": file("1073741824"), "sys/fs/cgroup/pod/memory.current": file("7"),
		}, 2, gib, 7},
		"version 2 in a container, whose path is not there": {fstest.MapFS{
			"proc/self/cgroup": file("0::/../../x\n"), "sys/fs/cgroup/cpu.max": file("50000 100000"), "sys/fs/cgroup/memory.max": file("max"),
		}, .5, 16 * gib, 0},
		"version 1": {fstest.MapFS{
			"proc/self/cgroup": file("4:memory:/docker/7\n1:cpu,cpuacct:/docker/7\n"),
			"sys/fs/cgroup/cpu,cpuacct/docker/7/cpu.cfs_quota_us": file("300000"), "sys/fs/cgroup/cpu,cpuacct/docker/7/cpu.cfs_period_us": file("100000"),
			"sys/fs/cgroup/memory/docker/7/memory.limit_in_bytes": file("1073741824"), "sys/fs/cgroup/memory/docker/7/memory.usage_in_bytes": file("900"),
			"sys/fs/cgroup/memory/docker/7/memory.stat": file("total_inactive_file 1000"),
		}, 3, gib, 900},
		"version 1 without limits": {fstest.MapFS{
			"proc/self/cgroup": file("4:memory:/\n1:cpu:/\n"), "sys/fs/cgroup/cpu/cpu.cfs_quota_us": file("-1"), "sys/fs/cgroup/cpu/cpu.cfs_period_us": file("100000"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712"),
		}, 8, 16 * gib, 0},
		"garbage": {fstest.MapFS{
			"proc/self/cgroup": file("\x00\n:::\n0::/\n"), "sys/fs/cgroup/cpu.max": file("x y z"), "sys/fs/cgroup/memory.max": file("-5"),
		}, 8, 16 * gib, 0},
	} {
		s := Snapshot{CPULimit: 8, MemoryLimit: 16 * gib}
		if err := cgroupSource(tc.fs)(t.Context(), &s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s.CPULimit != tc.cores || s.MemoryLimit != tc.memory || s.MemoryUsed != tc.used {
			t.Errorf("%s: %v cores, %d bytes, %d used: want %v, %d, %d", name, s.CPULimit, s.MemoryLimit, s.MemoryUsed, tc.cores, tc.memory, tc.used)
		}
	}
}

func TestPercentilesAreOverTheTimeSinceTheLastReading(t *testing.T) {
	for _, tc := range []struct {
		now, last []uint64
		at        int
		n         uint64
	}{
		{[]uint64{99, 1, 0}, nil, 0, 100}, {[]uint64{98, 2, 0}, nil, 1, 100}, {[]uint64{0, 0, 5}, nil, 2, 5}, {[]uint64{100, 5, 1}, []uint64{100, 4, 1}, 1, 1},
		{[]uint64{3, 3, 3}, []uint64{3, 3, 3}, 0, 0}, {nil, nil, -1, 0},
	} {
		at, n := quantile(tc.now, tc.last)
		if n != tc.n || n > 0 && at != tc.at {
			t.Errorf("%v since %v: bucket %d of %d, want %d of %d", tc.now, tc.last, at, n, tc.at, tc.n)
		}
	}
	s := Snapshot{GCPause: math.NaN(), CPU: math.Inf(1)}
	if a := s.attr(); strings.Contains(a.String(), "pause") || strings.Contains(a.String(), "Inf") {
		t.Error(a)
	}
}

// BenchmarkEnrich is a record with and without the figures, and what a reading takes in the background.
func BenchmarkEnrich(b *testing.B) {
	f, err := Start(nil)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close(context.Background())
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
	for _, bb := range []struct {
		name string
		e    []enrich.Enricher
	}{{"none", nil}, {"system", []enrich.Enricher{f}}} {
		b.Run(bb.name, func(b *testing.B) {
			h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: bb.e})
			b.ReportAllocs()
			for b.Loop() {
				_ = h.Handle(context.Background(), r)
			}
		})
	}
	b.Run("reading", func(b *testing.B) {
		for b.Loop() {
			f.read(context.Background())
		}
	})
}
