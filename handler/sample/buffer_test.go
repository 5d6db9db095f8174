package sample

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/slogtest"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

// balanced fails when the books of b do not balance.
func balanced(t *testing.T, b *Buffer) BufferStats {
	t.Helper()
	st := b.Stats()
	if st.Received != st.Passed+st.Released+st.Dropped+st.Evicted+st.Held {
		t.Errorf("the books do not balance: %+v", st)
	}
	return st
}

func TestBufferIsASlogHandler(t *testing.T) {
	var b *bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b = new(bytes.Buffer)
		return NewBuffer(slog.NewJSONHandler(b, nil), nil)
	}, func(t *testing.T) map[string]any { return lines(t, b)[0] })
}

// inUnit puts the records of a handler into a unit of work and releases them, so that slogtest sees released ones.
type inUnit struct{ h slog.Handler }

func (u inUnit) Enabled(ctx context.Context, l slog.Level) bool { return u.h.Enabled(ctx, l) }
func (u inUnit) WithAttrs(a []slog.Attr) slog.Handler           { return inUnit{u.h.WithAttrs(a)} }
func (u inUnit) WithGroup(name string) slog.Handler             { return inUnit{u.h.WithGroup(name)} }
func (u inUnit) Handle(ctx context.Context, r slog.Record) error {
	unit, end := Begin(ctx)
	defer end()
	if err := u.h.Handle(unit, r); err != nil {
		return err
	}
	return u.h.Handle(unit, slog.NewRecord(r.Time, slog.LevelError, "release", 0))
}

func TestReleasedRecordsAreAsASlogHandlerWritesThem(t *testing.T) {
	var b *bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b = new(bytes.Buffer)
		return inUnit{NewBuffer(slog.NewJSONHandler(b, nil), nil)}
	}, func(t *testing.T) map[string]any { return lines(t, b)[0] })
}

func TestErrorReleasesItsRequest(t *testing.T) {
	var out bytes.Buffer
	b := NewBuffer(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}), nil)
	l := slog.New(b)
	grown := l.With("a", 1).WithGroup("g").With("b", 2)
	ok, endOK := Begin(context.Background())
	bad, endBad := Begin(context.Background())
	l.InfoContext(ok, "fine 1")
	l.DebugContext(bad, "bad 1")
	grown.InfoContext(bad, "bad 2", "c", 3)
	l.WarnContext(bad, "bad, warning")
	l.InfoContext(ok, "fine 2")
	l.ErrorContext(bad, "bad 3")
	l.InfoContext(bad, "bad 4")
	l.ErrorContext(bad, "bad 5")
	endBad()
	endOK()
	l.InfoContext(ok, "after the end")
	l.Info("outside")
	want := `level=WARN msg="bad, warning"
level=DEBUG msg="bad 1" released_by=ERROR sample_rate=1
level=INFO msg="bad 2" a=1 released_by=ERROR sample_rate=1 g.b=2 g.c=3
level=ERROR msg="bad 3"
level=INFO msg="bad 4" sample_rate=1
level=ERROR msg="bad 5"
level=INFO msg="after the end"
level=INFO msg=outside
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	wantStats := BufferStats{Received: 10, Passed: 6, Released: 2, Dropped: 2}
	if diff := cmp.Diff(wantStats, balanced(t, b)); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsOutsideARequestAreUntouched(t *testing.T) {
	out := &sink{}
	b := NewBuffer(out, nil)
	block := chain.NewBlock([]slog.Attr{slog.Int("a", 1)})
	root := chain.Root{Static: block, Scope: block, Rate: .25, Key: 7, Record: []slog.Attr{slog.Int("b", 1)}}
	ctx := scope.NewContext(context.Background(), &scope.Scope{Block: block})
	_ = b.HandleRoot(ctx, record(slog.LevelInfo, "m"), root)
	_ = b.HandleRoot(ctx, record(slog.LevelError, "e"), chain.Root{})
	if got := out.entries[0]; got.ctx != ctx || got.root.Static != block || got.root.Scope != block || got.root.Rate != .25 || got.root.Key != 7 || len(got.root.Record) != 1 {
		t.Errorf("got %+v", got)
	}
	if got := out.entries[1].root; !got.Empty() {
		t.Errorf("got %+v", got)
	}
}

func TestReleasedRecordsKeepTheirRoot(t *testing.T) {
	out := &sink{}
	b := NewBuffer(out, nil)
	unit, end := Begin(context.Background())
	defer end()
	block := chain.NewBlock([]slog.Attr{slog.Int("a", 1)})
	shared := make([]slog.Attr, 1, 8)
	shared[0] = slog.Int("b", 1)
	_ = b.HandleRoot(unit, record(slog.LevelInfo, "1"), chain.Root{Scope: block, Rate: .25, Key: 7, Record: shared})
	_ = b.HandleRoot(unit, record(slog.LevelInfo, "2"), chain.Root{Record: shared})
	_ = b.HandleRoot(unit, record(slog.LevelError, "3"), chain.Root{Rate: .5, Key: 9})
	if diff := cmp.Diff([]string{"1", "2", "3"}, out.messages()); diff != "" {
		t.Fatal(diff)
	}
	first, second, third := out.entries[0].root, out.entries[1].root, out.entries[2].root
	if first.Scope != block || first.Key != 7 || first.Rate != .25 || len(first.Record) != 2 || first.Record[1].Key != KeyReleasedBy {
		t.Errorf("first: %+v", first)
	}
	if second.Rate != 1 || len(second.Record) != 2 {
		t.Errorf("second: %+v", second)
	}
	if third.Rate != .5 || third.Key != 9 || third.Record != nil {
		t.Errorf("third: %+v", third)
	}
	if shared[:2][1].Key != "" {
		t.Error("a shared slice was appended to")
	}
}

func TestReleasedRecordsPassTheSampler(t *testing.T) {
	out := &sink{}
	h := BufferMiddleware(nil)(NewHandler(out, &Options{Rates: map[slog.Level]float64{slog.LevelDebug: 0, slog.LevelInfo: 0}}))
	unit, end := Begin(context.Background())
	defer end()
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelError, slog.LevelDebug} {
		_ = h.Handle(unit, record(l, l.String()))
	}
	_ = h.Handle(context.Background(), record(slog.LevelInfo, "outside"))
	if diff := cmp.Diff([]string{"DEBUG", "INFO", "ERROR", "DEBUG"}, out.messages()); diff != "" {
		t.Error(diff)
	}
}

func TestT5_HeldRecordsAreFrozen(t *testing.T) {
	var out bytes.Buffer
	b := NewBuffer(slog.NewTextHandler(&out, nil), nil)
	unit, end := Begin(context.Background())
	defer end()
	m := map[string]int{"n": 1}
	group := []slog.Attr{slog.Int("g", 1)}
	attrs := []slog.Attr{slog.Any("m", m), {Key: "grp", Value: slog.GroupValue(group...)}, slog.Any("v", counter{new(int)})}
	r := record(slog.LevelInfo, "held", attrs...)
	_ = b.Handle(unit, r)
	m["n"] = 2
	group[0] = slog.Int("g", 2)
	*attrs[2].Value.Any().(counter).n = 5
	r.AddAttrs(slog.Int("late", 1))
	_ = b.Handle(unit, record(slog.LevelError, "e"))
	line, _, _ := strings.Cut(out.String(), "\n")
	for _, want := range []string{"m=map[n:1]", "grp.g=1", "v=0"} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
	if strings.Contains(line, "late") {
		t.Errorf("an attribute added later is in %s", line)
	}
}

// TestHeldRecordSharesNoSpareRoom has the caller and the sink both add to a record of more attributes than it has room
// for inline; slog marks a record that was added to twice.
func TestHeldRecordSharesNoSpareRoom(t *testing.T) {
	var got string
	b := NewBuffer(slogFunc(func(r slog.Record) {
		r.AddAttrs(slog.Int("sink", 1))
		if r.Message == "held" {
			r.Attrs(func(a slog.Attr) bool { got += a.String() + " "; return true })
		}
	}), nil)
	unit, end := Begin(context.Background())
	defer end()
	r := record(slog.LevelInfo, "held")
	for i := range 8 { // three beyond the inline ones: append leaves room for a fourth
		r.AddAttrs(slog.Int("n", i))
	}
	_ = b.Handle(unit, r)
	r.AddAttrs(slog.Int("caller", 1))
	_ = b.Handle(unit, record(slog.LevelError, "e"))
	if !strings.HasSuffix(got, "n=7 sink=1 ") {
		t.Errorf("got %s", got)
	}
}

// slogFunc is a chain.Handler of a function.
type slogFunc func(slog.Record)

func (slogFunc) Enabled(context.Context, slog.Level) bool { return true }
func (f slogFunc) Handle(_ context.Context, r slog.Record) error {
	f(r)
	return nil
}
func (f slogFunc) HandleRoot(_ context.Context, r slog.Record, _ chain.Root) error {
	f(r)
	return nil
}
func (f slogFunc) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f slogFunc) WithGroup(string) slog.Handler      { return f }

// counter shows its count when it is resolved.
type counter struct{ n *int }

func (c counter) LogValue() slog.Value { return slog.IntValue(*c.n) }

func TestT11_HeldContextKeepsItsValuesAndIsNotCancelled(t *testing.T) {
	type key struct{}
	out := &sink{}
	b := NewBuffer(out, nil)
	unit, end := Begin(context.WithValue(context.Background(), key{}, "v"))
	defer end()
	sub, cancel := context.WithCancel(unit)
	_ = b.Handle(sub, record(slog.LevelInfo, "held"))
	cancel()
	_ = b.Handle(sub, record(slog.LevelInfo, "held, cancelled before"))
	_ = b.Handle(sub, record(slog.LevelError, "e"))
	if diff := cmp.Diff([]string{"held", "held, cancelled before", "e"}, out.messages()); diff != "" {
		t.Fatal(diff)
	}
	for _, e := range out.entries[:2] {
		if e.ctx.Err() != nil || e.ctx.Value(key{}) != "v" {
			t.Errorf("%s: %v, %v", e.rec.Message, e.ctx.Err(), e.ctx.Value(key{}))
		}
	}
	if out.entries[2].ctx != sub {
		t.Error("the error record has another context")
	}
}

// TestT17_MemoryIsBoundedOverAllRequests begins 10,000 requests that never end.
func TestT10_ErrorsOfReleasedRecordsAreTold(t *testing.T) {
	full, own := errors.New("disk full"), errors.New("own")
	out := &sink{}
	out.handle = func(e entry) error {
		switch e.rec.Message {
		case "1", "3":
			return full
		case "2":
			panic("no sink")
		case "e":
			return own
		}
		return nil
	}
	b := NewBuffer(out, nil)
	unit, end := Begin(context.Background())
	defer end()
	for i := range 5 {
		_ = b.Handle(unit, record(slog.LevelInfo, fmt.Sprint(i)))
	}
	err := b.Handle(unit, record(slog.LevelError, "e"))
	if !errors.Is(err, full) || !errors.Is(err, own) || !strings.HasPrefix(err.Error(), "sample: 3 of 5 released records failed, the first: disk full") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3", "4", "e"}, out.messages()); diff != "" {
		t.Error(diff)
	}
	if err := b.Handle(unit, record(slog.LevelInfo, "4")); err != nil {
		t.Errorf("the request is not open after a panic: %v", err)
	}
	balanced(t, b)
}

func TestSinkMayLogInTheRequestItIsReleasing(t *testing.T) {
	out := &sink{}
	var b *Buffer
	unit, end := Begin(context.Background())
	out.handle = func(e entry) error {
		if e.rec.Message == "1" {
			end() // even the end of the request
			_ = b.Handle(e.ctx, record(slog.LevelError, "from the sink"))
		}
		return nil
	}
	b = NewBuffer(out, nil)
	_ = b.Handle(unit, record(slog.LevelInfo, "1"))
	_ = b.Handle(unit, record(slog.LevelInfo, "2"))
	_ = b.Handle(unit, record(slog.LevelError, "e"))
	want := []string{"1", "from the sink", "2", "e"} // the request is over, so its record passes at once
	if diff := cmp.Diff(want, out.messages()); diff != "" {
		t.Error(diff)
	}
	again, endAgain := Begin(context.Background())
	defer endAgain()
	out.entries, out.handle = nil, func(e entry) error {
		if e.rec.Message == "1" {
			_ = b.Handle(again, record(slog.LevelInfo, "info from the sink"))
			_ = b.Handle(again, record(slog.LevelError, "error from the sink"))
		}
		return nil
	}
	_ = b.Handle(again, record(slog.LevelInfo, "1"))
	_ = b.Handle(again, record(slog.LevelError, "e"))
	if diff := cmp.Diff([]string{"1", "e", "info from the sink", "error from the sink"}, out.messages()); diff != "" {
		t.Error(diff)
	}
	balanced(t, b)
}

func TestLevelsAreOptions(t *testing.T) {
	out := &sink{min: slog.LevelWarn}
	b := NewBuffer(out, &BufferOptions{Hold: slog.LevelError, Release: slog.LevelInfo, Level: slog.LevelInfo})
	unit, end := Begin(context.Background())
	defer end()
	for _, tc := range []struct {
		ctx  context.Context
		l    slog.Level
		want bool
	}{{unit, slog.LevelDebug, false}, {unit, slog.LevelInfo, true}, {context.Background(), slog.LevelInfo, false}, {context.Background(), slog.LevelWarn, true}} {
		if got := b.Enabled(tc.ctx, tc.l); got != tc.want {
			t.Errorf("Enabled(%v) = %v", tc.l, got)
		}
	}
	if NewBuffer(out, nil).Enabled(unit, slog.LevelInfo) {
		t.Error("enabled where next is not and no Level is set")
	}
	_ = b.Handle(unit, record(slog.LevelInfo, "info"))
	_ = b.Handle(unit, record(slog.LevelWarn, "warn"))
	if n := len(out.messages()); n != 0 {
		t.Errorf("%d records passed", n)
	}
	_ = b.Handle(unit, record(slog.LevelError, "error")) // Release is below Hold, so it is taken for Hold
	if diff := cmp.Diff([]string{"info", "warn", "error"}, out.messages()); diff != "" {
		t.Error(diff)
	}
}

func TestBeginKeepsWhatTheContextCarries(t *testing.T) {
	outer := &scope.Scope{Request: "r1", Key: 7, Life: new(scope.Life)}
	ctx := scope.NewContext(context.Background(), outer)
	unit, end := Begin(ctx)
	defer end()
	got := scope.From(unit)
	if got.Request != "r1" || got.Key != 7 || got.Life == nil || got.Life == outer.Life {
		t.Errorf("got %+v", got)
	}
	out := &sink{}
	b := NewBuffer(out, nil)
	_ = b.Handle(ctx, record(slog.LevelInfo, "outer"))
	_ = b.Handle(unit, record(slog.LevelInfo, "inner"))
	_ = b.Handle(unit, record(slog.LevelError, "e"))
	if diff := cmp.Diff([]string{"inner", "e"}, out.messages()); diff != "" {
		t.Error(diff)
	}
	end()
	end()
}

// TestBufferFollowsItsModel runs random operations on a buffer and on a model of slices, and compares what comes out.
func TestBufferFollowsItsModel(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		type unit struct {
			ctx  context.Context
			end  func()
			held []string
			open bool
		}
		const max = 5
		out := &sink{}
		b := NewBuffer(out, &BufferOptions{MaxRecords: max})
		var units []*unit
		var want []string
		var model BufferStats
		for i := range 400 {
			if len(units) == 0 || rng.IntN(20) == 0 {
				u := &unit{}
				u.ctx, u.end = Begin(context.Background())
				units = append(units, u)
			}
			n := rng.IntN(len(units))
			u := units[n]
			msg := fmt.Sprint(i)
			switch k := rng.IntN(40); {
			case k == 0:
				u.end()
				model.Dropped += uint64(len(u.held))
				units = append(units[:n], units[n+1:]...)
				continue
			case k < 3:
				_ = b.Handle(u.ctx, record(slog.LevelError, msg))
				model.Released += uint64(len(u.held))
				model.Passed++
				want = append(append(want, u.held...), msg)
				u.held, u.open = nil, true
			case k < 8:
				_ = b.Handle(u.ctx, record(slog.LevelWarn, msg))
				model.Passed++
				want = append(want, msg)
			default:
				_ = b.Handle(u.ctx, record(slog.LevelDebug, msg))
				if u.open {
					model.Passed++
					want = append(want, msg)
				} else if u.held = append(u.held, msg); len(u.held) > max {
					u.held = u.held[1:]
					model.Evicted++
				}
			}
			model.Received++
		}
		for _, u := range units {
			model.Held += uint64(len(u.held))
			if len(u.held) > 0 {
				model.Requests++
			}
		}
		got := balanced(t, b)
		got.HeldBytes = 0
		if diff := cmp.Diff(model, got); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		if diff := cmp.Diff(want, out.messages()); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
	}
}

// TestEvictionSparesARequestUnderRelease evicts between the moment a request starts to release and its being off the
// list of those that wait.
