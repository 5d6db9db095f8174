package sample

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidateNamesWhatIsOutOfRange(t *testing.T) {
	many := map[string]float64{}
	for i := range 65 {
		many[fmt.Sprint("k", i)] = 2
	}
	for _, tc := range []struct {
		opts interface{ Validate() error }
		want string // empty for valid
	}{
		{(*Options)(nil), ""},
		{&Options{}, ""},
		{&Options{Rates: map[slog.Level]float64{slog.LevelInfo: 0, levelCritical: 1}, Importance: map[string]float64{"a": math.Inf(1), "b": 0}}, ""},
		{&Options{Rates: map[slog.Level]float64{slog.LevelInfo: 1.5}}, "sample: Rates[INFO]: 1.5 is not in [0, 1]"},
		{&Options{Rates: map[slog.Level]float64{levelCritical: -1, slog.LevelDebug: math.NaN(), levelCritical + 2: 2}},
			"sample: Rates[DEBUG]: NaN is not in [0, 1]\nsample: Rates[CRITICAL]: -1 is not in [0, 1]\nsample: Rates[CRITICAL+2]: 2 is not in [0, 1]"},
		{&Options{Importance: map[string]float64{"": 2}}, "sample: Importance: empty attribute key"},
		{&Options{Importance: map[string]float64{"a": -2}}, `sample: Importance["a"]: -2 is not a factor of 0 or more`},
		{&Options{Importance: many}, "sample: Importance: 65 keys, at most 64 are used"},
		{&Options{RecentErrorFactor: math.NaN()}, "sample: RecentErrorFactor: NaN is not a factor of 0 or more"},
		{&Options{RecentErrorWindow: -1}, "sample: RecentErrorWindow: -1ns is negative"},
		{&Options{MaxImportance: .5}, "sample: MaxImportance: 0.5 is not 1 or more"},
		{&Options{MaxPerSecond: -1}, "sample: MaxPerSecond: -1 is not a number of records of 0 or more"},
		{&Options{Load: []LoadSource{nil}}, "sample: Load[0]: nil source"},
		{(*BufferOptions)(nil), ""},
		{&BufferOptions{}, ""},
		{&BufferOptions{MaxRecords: -1}, "sample: BufferOptions.MaxRecords: -1 is negative"},
		{&BufferOptions{Release: slog.LevelInfo}, "sample: BufferOptions.Release: INFO is below Hold, which is WARN"},
		{&BufferOptions{TotalBytes: 1000}, "sample: BufferOptions.TotalBytes: 1000 is below MaxBytes, which is 262144"},
	} {
		got := ""
		if err := tc.opts.Validate(); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%+v: %s", tc.opts, diff)
		}
	}
}

// TestInvalidOptionsAreClamped wants a rate in [0, 1] from whatever numbers, and the right one where it is plain what
// the clamped value is.
func TestInvalidOptionsAreClamped(t *testing.T) {
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, .5, 2, math.MaxFloat64, math.SmallestNonzeroFloat64}
	r := record(slog.LevelInfo, "m", slog.Bool("a", true), slog.Bool("b", true))
	for _, rate := range odd {
		for _, factor := range odd {
			for _, other := range odd {
				s := warm(NewSampler(&Options{
					Rates:             map[slog.Level]float64{slog.LevelInfo: rate},
					Importance:        map[string]float64{"a": factor, "b": other, "c": .5},
					RecentErrorFactor: other, MaxImportance: other, MaxPerSecond: factor, RecentErrorWindow: -1,
					Load: []LoadSource{nil, LoadFunc(func() float64 { return factor })},
				}))
				for range 2 {
					if got := s.Rate(context.Background(), r); !(got >= 0 && got <= 1) {
						t.Fatalf("rate %v, factors %v, %v: got %v", rate, factor, other, got)
					}
					s.Rate(context.Background(), record(slog.LevelError, "recent"))
				}
				h := &Handler{next: &sink{}, sampler: s}
				_ = h.Handle(context.Background(), r)
			}
		}
	}
	if got := NewSampler(&Options{Rates: map[slog.Level]float64{slog.LevelInfo: 7}}).Rate(context.Background(), r); got != 1 {
		t.Errorf("rate 7 clamped to %v", got)
	}
	if got := NewSampler(&Options{Rates: map[slog.Level]float64{slog.LevelInfo: -7}}).Rate(context.Background(), r); got != 0 {
		t.Errorf("rate -7 clamped to %v", got)
	}
}

func TestMoreThan64ImportanceKeysAreIgnored(t *testing.T) {
	m := map[string]float64{}
	for i := range 70 {
		m[fmt.Sprintf("k%02d", i)] = 2
	}
	s := NewSampler(&Options{Importance: m})
	for key, want := range map[string]float64{"k00": .2, "k63": .2, "k64": .1} {
		got := s.Rate(context.Background(), record(slog.LevelInfo, "m", slog.Bool(key, true)))
		if diff := cmp.Diff(want, got, approx); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
}

func TestReleasedByIsALevelName(t *testing.T) {
	for l, want := range map[slog.Level]string{slog.LevelError: "ERROR", slog.LevelError + 1: "ERROR+1", levelCritical: "CRITICAL", levelCritical + 1: "CRITICAL+1"} {
		if got := name(l); got != want || strings.TrimSpace(got) == "" {
			t.Errorf("%d: %q, want %q", int(l), got, want)
		}
	}
}
