package provider_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/provider"
	"github.com/sluicelog/sluice/internal/chain"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	provider.Coarse()
	goleak.VerifyTestMain(m)
}

// sink is a handler that keeps the root attributes of its records.
type sink struct {
	mu   sync.Mutex
	root []string
}

func (s *sink) Enabled(context.Context, slog.Level) bool { return true }
func (s *sink) Handle(ctx context.Context, r slog.Record) error {
	return s.HandleRoot(ctx, r, chain.Root{})
}
func (s *sink) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *sink) WithGroup(string) slog.Handler      { return s }
func (s *sink) HandleRoot(_ context.Context, _ slog.Record, root chain.Root) error {
	var parts []string
	for _, a := range root.Record {
		parts = append(parts, a.String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.root = append(s.root, strings.Join(parts, " "))
	return nil
}

// bench is a cache over a fake provider, and a logger whose records it enriches.
type bench struct {
	*provider.Cache
	*sink
	log *slog.Logger
}

func newBench(t *testing.T, p provider.Func, opts provider.Options) bench {
	t.Helper()
	if opts.OnError == nil {
		opts.OnError = func(error) {}
	}
	c, err := provider.Cached("user", "user_id", p, &opts)
	if err != nil {
		t.Fatal(err)
	}
	s := new(sink)
	return bench{c, s, slog.New(enrich.NewHandler(s, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{c}}))}
}

// ask logs a record of the user and returns what was added to it.
func (b bench) ask(id string) string {
	b.log.Info("m", "user_id", id)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.root[len(b.root)-1]
}

func (b bench) close(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// after is a provider that takes d.
func after(d time.Duration) provider.Func {
	return func(_ context.Context, key string) ([]slog.Attr, error) {
		time.Sleep(d)
		return []slog.Attr{slog.String("name", "name of "+key)}, nil
	}
}

const pending = "user=[pending=true]"

func TestAnAnswerInTimeIsOnTheFirstRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, after(400*time.Microsecond), provider.Options{})
		defer b.close(t)
		start := time.Now()
		if got := b.ask("u"); got != "user=[name=name of u]" {
			t.Errorf("first record has %q", got)
		}
		if d := time.Since(start); d != 400*time.Microsecond {
			t.Errorf("the first call took %v, want 400µs: as long as the provider", d)
		}
		start = time.Now()
		if got := b.ask("u"); got != "user=[name=name of u]" || time.Since(start) != 0 {
			t.Errorf("second record has %q after %v, want the same at once", got, time.Since(start))
		}
		if d := cmp.Diff(provider.Stats{Hits: 1, Misses: 1, Fetches: 1, Size: 1}, b.Stats()); d != "" {
			t.Errorf("stats (-want +got):\n%s", d)
		}
	})
}

func TestALateAnswerGoesToTheCacheAndTheRecordSaysPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, after(3*time.Millisecond), provider.Options{})
		defer b.close(t)
		start := time.Now()
		if got := b.ask("u"); got != pending {
			t.Errorf("first record has %q, want %q", got, pending)
		}
		if d := time.Since(start); d != 500*time.Microsecond {
			t.Errorf("the first call took %v, want the budget of 500µs", d)
		}
		start = time.Now()
		if got := b.ask("u"); got != pending || time.Since(start) != 0 {
			t.Errorf("a record while it is fetched has %q after %v, want %q at once", got, time.Since(start), pending)
		}
		time.Sleep(3 * time.Millisecond)
		if got := b.ask("u"); got != "user=[name=name of u]" {
			t.Errorf("record after the answer has %q", got)
		}
		if d := cmp.Diff(provider.Stats{Hits: 1, Misses: 2, Late: 2, Fetches: 1, Size: 1}, b.Stats()); d != "" {
			t.Errorf("stats (-want +got):\n%s", d)
		}
	})
}

func TestOneFetchForManyWhoAskAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, after(300*time.Microsecond), provider.Options{})
		defer b.close(t)
		start := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { b.log.Info("m", "user_id", "u") })
		}
		wg.Wait()
		if d := time.Since(start); d != 300*time.Microsecond {
			t.Errorf("all calls took %v, want 300µs", d)
		}
		for _, got := range b.root {
			if got != "user=[name=name of u]" {
				t.Errorf("a record has %q", got)
			}
		}
		if s := b.Stats(); s.Fetches != 1 || s.Hits+s.Misses != 100 || s.Late != 0 {
			t.Errorf("stats %+v, want one fetch for 100 records", s)
		}
	})
}

func TestBudgetBelowZeroDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, after(time.Nanosecond), provider.Options{Budget: -1})
		defer b.close(t)
		start := time.Now()
		if got := b.ask("u"); got != pending || time.Since(start) != 0 {
			t.Errorf("record has %q after %v, want %q at once", got, time.Since(start), pending)
		}
	})
}

func TestAnswersAndErrorsAreForgottenInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		calls := 0
		boom := errors.New("connection refused")
		var reported []error
		b := newBench(t, func(context.Context, string) ([]slog.Attr, error) {
			calls++
			if down {
				return nil, boom
			}
			return []slog.Attr{slog.Int("call", calls)}, nil
		}, provider.Options{OnError: func(err error) { reported = append(reported, err) }})
		defer b.close(t)

		expect := func(what, want string, wantCalls int) {
			t.Helper()
			if got := b.ask("u"); got != want || calls != wantCalls {
				t.Errorf("%s: record has %q after %d calls, want %q after %d", what, got, calls, want, wantCalls)
			}
		}
		expect("error", "", 1)
		time.Sleep(9 * time.Second)
		expect("error remembered", "", 1)
		down = false
		time.Sleep(2 * time.Second)
		expect("error forgotten", "user=[call=2]", 2)
		time.Sleep(299 * time.Second)
		expect("answer remembered", "user=[call=2]", 2)
		time.Sleep(2 * time.Second)
		expect("answer forgotten", "user=[call=3]", 3)
		if len(reported) != 1 || !errors.Is(reported[0], boom) || reported[0].Error() != "user: connection refused" {
			t.Errorf("reported %v, want the one error with the provider's name", reported)
		}
		if s := b.Stats(); s.Errors != 1 {
			t.Errorf("stats %+v, want one error", s)
		}
	})
}

func TestAnUnknownKeyIsRememberedAndAddsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(context.Context, string) ([]slog.Attr, error) { return nil, nil }, provider.Options{})
		defer b.close(t)
		if one, two := b.ask("u"), b.ask("u"); one != "" || two != "" || b.Stats().Fetches != 1 {
			t.Errorf("records have %q and %q after %d fetches, want nothing after one", one, two, b.Stats().Fetches)
		}
	})
}

func TestRecordsWithoutAUsableKeyPass(t *testing.T) {
	b := newBench(t, func(context.Context, string) ([]slog.Attr, error) {
		t.Error("the provider was asked")
		return nil, nil
	}, provider.Options{})
	defer b.close(t)
	b.log.Info("m")
	b.log.Info("m", "user_id", "")
	b.log.Info("m", "user_id", strings.Repeat("x", 10_000))
	if d := cmp.Diff([]string{"", "", ""}, b.root); d != "" {
		t.Errorf("added (-want +got):\n%s", d)
	}
}

func TestKeysThatAreNoTextAndKeysOfTheLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, after(0), provider.Options{})
		defer b.close(t)
		b.log.Info("m", "user_id", 42)
		b.log.With("user_id", "l").WithGroup("g").Info("m")
		if d := cmp.Diff([]string{"user=[name=name of 42]", "user=[name=name of l]"}, b.root); d != "" {
			t.Errorf("added (-want +got):\n%s", d)
		}
	})
}

func TestPanicsAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reported error
		b := newBench(t, func(context.Context, string) ([]slog.Attr, error) { panic("boom") },
			provider.Options{OnError: func(err error) { reported = err }})
		defer b.close(t)
		if got := b.ask("u"); got != "" || fmt.Sprint(reported) != "user: panic: boom" || b.Stats().Errors != 1 {
			t.Errorf("record has %q, reported %v, stats %+v", got, reported, b.Stats())
		}
	})
}

func TestAProviderThatEndsItsGoroutineCostsNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(_ context.Context, key string) ([]slog.Attr, error) {
			if key == "bad" {
				runtime.Goexit()
			}
			return []slog.Attr{slog.Int("n", 1)}, nil
		}, provider.Options{Workers: 1})
		defer b.close(t)
		if bad, good := b.ask("bad"), b.ask("good"); bad != "" || good != "user=[n=1]" {
			t.Errorf("records have %q and %q", bad, good)
		}
	})
}

func TestT17_WorkersAndPendingKeysAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		b := newBench(t, func(context.Context, string) ([]slog.Attr, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			time.Sleep(time.Second)
			return []slog.Attr{slog.Int("n", 1)}, nil
		}, provider.Options{Workers: 2, MaxPending: 3})
		defer b.close(t)
		for i := range 10 {
			if got := b.ask(fmt.Sprint(i)); got != pending {
				t.Errorf("record %d has %q, want %q", i, got, pending)
			}
		}
		time.Sleep(10 * time.Second)
		if s := b.Stats(); most.Load() != 2 || s.Fetches != 5 || s.Refused != 5 || s.Late != 5 {
			t.Errorf("%d at once, stats %+v; want 2 at once, 5 fetched, 5 refused", most.Load(), s)
		}
	})
}

func TestT17_SizeIsBoundedAndAnAnswerThatIsNotKeptIsStillGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, after(0), provider.Options{Size: 10})
		defer b.close(t)
		for i := range 1000 {
			if got, want := b.ask(fmt.Sprint(i)), fmt.Sprintf("user=[name=name of %d]", i); got != want {
				t.Fatalf("record %d has %q, want %q", i, got, want)
			}
		}
		synctest.Wait()
		if n := b.Stats().Size; n > 10 {
			t.Errorf("%d answers kept, want at most 10", n)
		}
	})
}

type ctxKey struct{}

func TestT11_FetchHasTheValuesOfTheCallAndNotItsCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(ctx context.Context, _ string) ([]slog.Attr, error) {
			deadline, _ := ctx.Deadline()
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Millisecond):
			}
			return []slog.Attr{slog.Any("value", ctx.Value(ctxKey{})), slog.Duration("left", time.Until(deadline))}, nil
		}, provider.Options{Timeout: time.Second})
		defer b.close(t)
		ctx, cancel := context.WithCancel(context.WithValue(context.Background(), ctxKey{}, "v"))
		cancel()
		b.log.InfoContext(ctx, "m", "user_id", "u")
		time.Sleep(time.Second)
		if got := b.ask("u"); got != "user=[value=v left=999ms]" {
			t.Errorf("record has %q", got)
		}
	})
}

func TestCloseCancelsRefusesAndEndsEveryGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(ctx context.Context, _ string) ([]slog.Attr, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, provider.Options{Workers: 1, Timeout: time.Hour})
		b.ask("running")
		b.ask("waiting")
		start := time.Now()
		b.close(t)
		b.close(t)
		if d := time.Since(start); d != 0 {
			t.Errorf("Close took %v, want nothing: the fetch obeys its context", d)
		}
		if got := b.ask("later"); got != pending {
			t.Errorf("record after Close has %q, want %q", got, pending)
		}
		if s := b.Stats(); s.Fetches != 1 || s.Refused != 1 {
			t.Errorf("stats %+v, want the running one fetched and the later one refused", s)
		}
	})
}

func TestCloseIsBoundedByItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := newBench(t, func(context.Context, string) ([]slog.Attr, error) {
			<-release
			return []slog.Attr{slog.Int("n", 1)}, nil
		}, provider.Options{})
		b.ask("u")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := b.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "user") {
			t.Errorf("Close of a cache whose provider hangs returned %v", err)
		}
		close(release)
		b.close(t)
		if got := b.ask("u"); got != "user=[n=1]" {
			t.Errorf("record after Close has %q, want what is in the cache", got)
		}
	})
}

func TestCachedAndValidateNameWhatIsWrong(t *testing.T) {
	p := after(0)
	for _, tt := range []struct {
		name, key string
		p         provider.Provider
		want      string
	}{
		{"", "k", p, "name is empty"},
		{"n", "", p, "key is empty"},
		{"n", "k", nil, "Provider is nil"},
	} {
		if _, err := provider.Cached(tt.name, tt.key, tt.p, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Cached(%q, %q) returned %v, want an error with %q", tt.name, tt.key, err, tt.want)
		}
	}
	bad := provider.Options{Size: -1, TTL: -2, ErrorTTL: -3, Timeout: -4, Workers: -5, MaxPending: -6, Budget: -7}
	err := bad.Validate()
	for _, part := range []string{"Size is -1", "TTL is -2ns", "ErrorTTL is -3ns", "Timeout is -4ns", "Workers is -5", "MaxPending is -6"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Validate returned %v, want %q", err, part)
		}
	}
	if strings.Contains(fmt.Sprint(err), "Budget") {
		t.Errorf("Validate complains about a Budget below zero: %v", err)
	}
	b := newBench(t, p, bad) // clamped
	defer b.close(t)
	if got := b.ask("u"); got != pending || b.Stats().Refused != 0 {
		t.Errorf("record has %q, stats %+v; want it pending and not refused", got, b.Stats())
	}
	if err := (*provider.Options)(nil).Validate(); err != nil {
		t.Errorf("Validate of nil options returned %v", err)
	}
}
