package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 500, time.FixedZone("", 3600))

func TestHandlerKeepsTheContractOfSlog(t *testing.T) {
	var buf bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		buf.Reset()
		return NewHandler(&buf, nil)
	}, func(t *testing.T) map[string]any {
		var m map[string]any
		if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

// handle returns the lines of records that are handed to a handler which derive made.
func handle(t *testing.T, opts *Options, derive func(slog.Handler) slog.Handler, records ...slog.Record) string {
	t.Helper()
	var buf bytes.Buffer
	var h slog.Handler = NewHandler(&buf, opts)
	if derive != nil {
		h = derive(h)
	}
	for _, r := range records {
		if err := h.Handle(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	return buf.String()
}

func record(at time.Time, l slog.Level, pc uintptr, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(at, l, "m", pc)
	r.AddAttrs(attrs...)
	return r
}

func TestT12_ZeroTimeAndZeroPCAreLeftOut(t *testing.T) {
	got := handle(t, &Options{AddSource: true}, nil,
		record(time.Time{}, slog.LevelInfo, 0), record(noon, slog.LevelInfo, 0), record(noon, slog.LevelInfo, 1))
	want := `{"level":"INFO","msg":"m"}
{"time":"2026-03-01T12:00:00.0000005+01:00","level":"INFO","msg":"m"}
{"time":"2026-03-01T12:00:00.0000005+01:00","level":"INFO","msg":"m"}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSourceIsThatOfTheCall(t *testing.T) {
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	want := slog.NewRecord(noon, 0, "", pcs[0]).Source()
	got := handle(t, &Options{AddSource: true}, nil, record(noon, slog.LevelInfo, pcs[0]), record(noon, slog.LevelInfo, pcs[0]))
	d := json.NewDecoder(strings.NewReader(got))
	for range 2 {
		var line struct{ Source slog.Source }
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*want, line.Source); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLevelsAreNames(t *testing.T) {
	for l, want := range map[slog.Level]string{-8: "DEBUG-4", -4: "DEBUG", 0: "INFO", 2: "INFO+2", 4: "WARN", 8: "ERROR", 11: "ERROR+3", 12: "CRITICAL", 13: "CRITICAL+1"} {
		if got := handle(t, nil, nil, record(time.Time{}, l, 0)); got != `{"level":"`+want+`","msg":"m"}`+"\n" {
			t.Errorf("level %d: %s", l, got)
		}
	}
}

func TestT2_SiblingsShareNothing(t *testing.T) {
	base := func(h slog.Handler) slog.Handler {
		h = h.WithGroup("a").WithAttrs([]slog.Attr{slog.Int("x", 1)}).WithGroup("b").WithGroup("c")
		first := h.WithGroup("d").WithAttrs([]slog.Attr{slog.Int("one", 1)})
		_ = h.WithGroup("e").WithAttrs([]slog.Attr{slog.Int("two", 2)})
		_ = h.WithAttrs([]slog.Attr{slog.Int("three", 3)})
		return first
	}
	got := handle(t, nil, base, record(time.Time{}, slog.LevelInfo, 0, slog.Int("y", 2)))
	if want := `{"level":"INFO","msg":"m","a":{"x":1,"b":{"c":{"d":{"one":1,"y":2}}}}}` + "\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestT3_AttributesAndGroupsKeepTheirOrder(t *testing.T) {
	derive := func(h slog.Handler) slog.Handler {
		return h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("b", 2)})
	}
	got := handle(t, nil, derive, record(time.Time{}, slog.LevelInfo, 0, slog.Int("c", 3)))
	if want := `{"level":"INFO","msg":"m","a":1,"g":{"b":2,"c":3}}` + "\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestT4_TheCallersSlicesAreNeitherKeptNorChanged(t *testing.T) {
	attrs := []slog.Attr{slog.Int("a", 1), slog.Int("a", 2), slog.Group("g", slog.Int("", 1))}
	before := slog.GroupValue(attrs...).String()
	derive := func(h slog.Handler) slog.Handler {
		h = h.WithAttrs(attrs)
		if after := slog.GroupValue(attrs...).String(); after != before {
			t.Errorf("changed from %s to %s", before, after)
		}
		attrs[0] = slog.String("secret", "later")
		return h
	}
	got := handle(t, nil, derive, record(time.Time{}, slog.LevelInfo, 0))
	if want := `{"level":"INFO","msg":"m","a#2":1,"a":2,"g":{"_":1}}` + "\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestT14_RenamedKeysAreCounted(t *testing.T) {
	h := NewHandler(io.Discard, nil)
	l := slog.New(h).With("a", 1, "a", 2) //nolint // duplicate on purpose
	l.Info("m", "time", 3)
	l.Info("m")
	if got, want := h.Stats().Renamed, uint64(3); got != want {
		t.Errorf("%d keys renamed, want %d", got, want)
	}
}

func TestT19_RootAttributesGoAroundGroups(t *testing.T) {
	var buf bytes.Buffer
	h := chain.Adapt(NewHandler(&buf, nil).WithGroup("g"))
	root := chain.Root{Scope: chain.NewBlock([]slog.Attr{slog.String("trace_id", "t")}), Rate: 1}
	if err := h.HandleRoot(context.Background(), record(time.Time{}, slog.LevelInfo, 0, slog.Int("a", 1)), root); err != nil {
		t.Fatal(err)
	}
	if got, want := buf.String(), `{"level":"INFO","msg":"m","trace_id":"t","sample_rate":1,"g":{"a":1}}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWithNothingReturnsTheReceiver(t *testing.T) {
	h := NewHandler(io.Discard, nil)
	for name, got := range map[string]slog.Handler{
		"WithGroup of no name": h.WithGroup(""), "WithAttrs of nil": h.WithAttrs(nil), "WithAttrs of an empty group": h.WithAttrs([]slog.Attr{slog.Group("g")}),
	} {
		if got != slog.Handler(h) {
			t.Errorf("%s is another handler", name)
		}
	}
}

func TestLevelMayChange(t *testing.T) {
	var level slog.LevelVar
	h := NewHandler(io.Discard, &Options{Level: &level})
	if h.Enabled(context.Background(), slog.LevelDebug) || !h.Enabled(context.Background(), slog.LevelInfo) {
		t.Error("at INFO")
	}
	level.Set(slog.LevelDebug)
	if !h.WithGroup("g").Enabled(context.Background(), slog.LevelDebug) {
		t.Error("at DEBUG")
	}
	if NewHandler(io.Discard, nil).Enabled(context.Background(), slog.LevelDebug) {
		t.Error("DEBUG is enabled by default")
	}
}

func TestACancelledContextLosesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h := NewHandler(io.Discard, nil)
	if err := h.Handle(ctx, record(noon, slog.LevelInfo, 0)); err != nil || h.Stats().Records != 1 {
		t.Errorf("%v, %+v", err, h.Stats())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestT10_FailuresOfTheWriterAreReturnedCountedAndReported(t *testing.T) {
	full := errors.New("disk full")
	for _, tc := range []struct {
		name  string
		write writerFunc
		is    error
		text  string
		bytes uint64
	}{
		{"error", func([]byte) (int, error) { return 0, full }, full, "jsonl: 0 of 27 bytes written: disk full", 0},
		{"short", func([]byte) (int, error) { return 5, nil }, io.ErrShortWrite, "jsonl: 5 of 27 bytes written: short write", 5},
		{"panic", func([]byte) (int, error) { panic("gone") }, nil, "jsonl: the writer panicked: gone", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var reported []error
			h := NewHandler(tc.write, &Options{OnError: func(err error) { reported = append(reported, err) }})
			derived := h.WithGroup("g")
			for range 2 { // the lock is free again
				err := derived.Handle(context.Background(), record(time.Time{}, slog.LevelInfo, 0))
				if err == nil || err.Error() != tc.text || tc.is != nil && !errors.Is(err, tc.is) {
					t.Errorf("got %v, want %s", err, tc.text)
				}
			}
			if diff := cmp.Diff(Stats{Errors: 2, Bytes: 2 * tc.bytes}, h.Stats()); diff != "" || len(reported) != 2 {
				t.Errorf("%d reported; %s", len(reported), diff)
			}
		})
	}
}

func TestT15_OneWriteForARecordNeverTwoAtATime(t *testing.T) {
	var busy sync.Mutex
	lines := 0
	w := writerFunc(func(p []byte) (int, error) {
		if !busy.TryLock() {
			t.Error("two writes at a time")
			return 0, nil
		}
		defer busy.Unlock()
		runtime.Gosched()
		if !json.Valid(p) || bytes.IndexByte(p, '\n') != len(p)-1 {
			t.Errorf("not one line: %q", p)
		}
		clear(p) // what a writer does to the slice must not reach another record
		lines++
		return len(p), nil
	})
	h := NewHandler(w, nil)
	scope := chain.NewBlock([]slog.Attr{slog.String("request_id", "r")})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			d := chain.Adapt(h.WithAttrs([]slog.Attr{slog.Int("worker", i), slog.String("request_id", "mine")}).WithGroup("g"))
			for j := range 200 {
				r := record(noon.Add(time.Duration(j)*time.Second), slog.LevelInfo, 0, slog.Int("n", j), slog.Int("n", j), slog.Any("e", io.EOF))
				if err := d.HandleRoot(context.Background(), r, chain.Root{Scope: scope}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if st := h.Stats(); lines != 1600 || st.Records != 1600 || st.Renamed != 3200 {
		t.Errorf("%d lines, %+v", lines, st)
	}
}

func TestOptionsAreCopiedAndNilIsTheDefault(t *testing.T) {
	opts := &Options{MaxValue: 1, MaxDepth: -1}
	before := *opts
	h := NewHandler(io.Discard, opts)
	opts.MaxValue = 1 << 20
	if h.enc.MaxValue != 64 || h.enc.MaxDepth != 2 || h.enc.MaxRecord != 1<<20 {
		t.Errorf("%+v", h.enc.Config)
	}
	if opts.Level != nil {
		t.Error("the options were written to")
	}
	if err := (*Options)(nil).Validate(); err != nil {
		t.Error(err)
	}
	if err := (&Options{MaxValue: 64, MaxRecord: 1024, MaxDepth: 2}).Validate(); err != nil {
		t.Error(err)
	}
	err := before.Validate()
	want := "jsonl: Options.MaxValue is 1, want 0 for the default or 64 to 268435456\njsonl: Options.MaxDepth is -1, want 0 for the default or 2 to 1000"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWhatWasCutIsCounted(t *testing.T) {
	h := NewHandler(io.Discard, &Options{MaxValue: 100, MaxRecord: 1024})
	l := slog.New(h)
	l.Info(strings.Repeat("m", 200), "a", strings.Repeat("a", 200))
	attrs := make([]any, 40)
	for i := range attrs {
		attrs[i] = slog.String(string(rune('A'+i)), strings.Repeat("b", 60))
	}
	l.Info("m", attrs...)
	if st := h.Stats(); st.Cut != 2 || st.Shrunk != 1 || st.Records != 2 {
		t.Errorf("%+v", st)
	}
}
