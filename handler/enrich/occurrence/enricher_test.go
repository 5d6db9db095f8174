package occurrence_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/occurrence"
	"github.com/sluicelog/sluice/slogrec"
)

// log hands a record of a time on through e and returns it.
func log(t testing.TB, e *occurrence.Enricher, at time.Time, level slog.Level, msg string, attrs ...slog.Attr) slogrec.Record {
	t.Helper()
	rec := slogrec.New()
	r := slog.NewRecord(at, level, msg, 0)
	r.AddAttrs(attrs...)
	if err := enrich.NewHandler(rec, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{e}}).Handle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return rec.Records()[0]
}

var (
	errType = slog.String("type", occurrence.Type)
	epoch   = time.Date(2026, 3, 2, 8, 0, 30, 0, time.UTC)
)

func TestErrorsAreCountedByKindOverTheLastMinutes(t *testing.T) {
	e := occurrence.New(nil)
	for i, tc := range []struct {
		after  time.Duration
		msg    string
		first  bool
		recent uint64
	}{
		{0, "part 7 lost", true, 1}, {time.Second, "part 8 lost", false, 2}, {time.Minute, "part 9 lost", false, 3}, {time.Minute, "disk full", true, 1},
		{4 * time.Minute, "part 1 lost", false, 4}, {5 * time.Minute, "part 1 lost", false, 3}, {3 * time.Minute, "part 1 lost", false, 4}, {time.Hour, "part 1 lost", false, 1}, {-time.Hour, "part 1 lost", false, 2},
	} {
		r := log(t, e, epoch.Add(tc.after), slog.LevelError, tc.msg, errType)
		first, _ := r.Get("occurrence.first_seen")
		recent, _ := r.Get("occurrence.recent")
		if first != tc.first || recent != tc.recent {
			t.Errorf("%d: first %v, recent %v, want %v and %d", i, first, recent, tc.first, tc.recent)
		}
	}
	if s := e.Stats(); s != (occurrence.Stats{Kinds: 2, Seen: 9}) {
		t.Errorf("%+v", s)
	}
}

func TestTheFingerprintIsThatOfTheErrorGroup(t *testing.T) {
	e := occurrence.New(&occurrence.Options{Level: slog.LevelError})
	a := log(t, e, epoch, slog.LevelError, "m", slog.Any("err", fmt.Errorf("read part 7: %w", context.DeadlineExceeded)))
	b := log(t, e, epoch, slog.LevelError, "other", slog.Any("err", fmt.Errorf("read part 8: %w", context.DeadlineExceeded)))
	own, _ := a.Get("occurrence.fingerprint")
	group, _ := a.Get("error.fingerprint")
	again, _ := b.Get("occurrence.fingerprint")
	if own != group || own != again || len(own.(string)) != 16 {
		t.Errorf("%v, %v, %v", own, group, again)
	}
	other := log(t, e, epoch, slog.LevelError, "m", slog.Any("err", errors.New("read part 7")))
	if f, _ := other.Get("occurrence.fingerprint"); f == own {
		t.Error("another kind has the same fingerprint")
	}
	for _, r := range []slogrec.Record{log(t, e, epoch, slog.LevelInfo, "m"), log(t, occurrence.New(nil), epoch, slog.LevelError, "m")} {
		if _, ok := r.Get("occurrence"); ok {
			t.Error(r)
		}
	}
}

// line 1 and line 2 are two calls of one function.
func TestALineOfSourceDoesNotCount(t *testing.T) {
	rec := slogrec.New()
	l := slog.New(enrich.NewHandler(rec, &enrich.Options{Enrichers: []enrich.Enricher{occurrence.New(nil)}}))
	l.Error("disk full", "type", "error")

	l.Error("disk full", "type", "error")
	rec.Require(t, slogrec.Attr("occurrence.recent", 2), slogrec.Attr("occurrence.first_seen", false))
}

func TestKindsAreBounded(t *testing.T) {
	e := occurrence.New(&occurrence.Options{Size: 3})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 100 {
				log(t, e, epoch, slog.LevelError, strings.Repeat(string(rune('a'+i)), j+1), errType)
			}
		})
	}
	wg.Wait()
	if s := e.Stats(); s.Kinds != 3 || s.Seen != 800 || s.Evicted == 0 {
		t.Errorf("%+v", s)
	}
	for _, o := range []occurrence.Options{{Minutes: 61}, {Minutes: -1}, {Size: -1}} {
		if o.Validate() == nil {
			t.Errorf("%+v is valid", o)
		}
	}
}

// BenchmarkEnrich is an error of a kind that is known (warm), of kinds that are new and push others out (cold), and without the enricher.
func BenchmarkEnrich(b *testing.B) {
	kinds := make([]slog.Record, 20_000)
	for i := range kinds {
		kinds[i] = slog.NewRecord(epoch, slog.LevelError, "part "+strings.Map(func(r rune) rune { return r - '0' + 'a' }, strconv.Itoa(i))+" lost", 0)
		kinds[i].AddAttrs(errType)
	}
	for _, bb := range []struct {
		name string
		e    []enrich.Enricher
		n    int // kinds
	}{{"none", nil, 1}, {"warm", []enrich.Enricher{occurrence.New(nil)}, 1}, {"cold", []enrich.Enricher{occurrence.New(nil)}, len(kinds)}} {
		h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: bb.e})
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_ = h.Handle(context.Background(), kinds[i%bb.n])
			}
		})
	}
}
