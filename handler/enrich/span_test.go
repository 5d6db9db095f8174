package enrich_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/scope"

	"github.com/google/go-cmp/cmp"
)

type spanKey struct{}

// spanIn is what a tracer's package provides.
func spanIn(ctx context.Context) enrich.Span {
	s, _ := ctx.Value(spanKey{}).(enrich.Span)
	return s
}

func TestSpanTakesThePlaceOfTheRequests(t *testing.T) {
	opts := bare
	opts.Span = spanIn
	traceA, traceB := [16]byte{15: 1}, [16]byte{15: 9}
	const a, b = "00000000000000000000000000000001", "00000000000000000000000000000009"
	within := []string{"tenant=acme"}
	ids := func(list ...string) []string { return list }

	_, scoped := request(t)
	extra := &scope.Scope{Extra: []slog.Attr{slog.String("tenant", "acme")}}
	extra.Seal()
	for name, tt := range map[string]struct {
		scope *scope.Scope
		span  enrich.Span
		want  []string
		key   uint64
		same  bool // the scope's own block, untouched
	}{
		"no span":                      {scope: scoped, want: ids("request_id=r-1", "trace_id="+a, "span_id=0000000000000002", "trace_flags=01", "transaction_id="+a, "user_id=u-1", "tenant=acme"), key: scoped.Key, same: true},
		"same span":                    {scope: scoped, span: enrich.Span{Trace: traceA, ID: [8]byte{7: 2}}, want: ids("request_id=r-1", "trace_id="+a, "span_id=0000000000000002", "trace_flags=01", "transaction_id="+a, "user_id=u-1", "tenant=acme"), key: scoped.Key, same: true},
		"child span":                   {scope: scoped, span: enrich.Span{Trace: traceA, ID: [8]byte{7: 3}}, want: ids("request_id=r-1", "trace_id="+a, "span_id=0000000000000003", "trace_flags=00", "transaction_id="+a, "user_id=u-1", "tenant=acme"), key: scoped.Key},
		"other trace":                  {scope: scoped, span: enrich.Span{Trace: traceB, ID: [8]byte{7: 3}, Flags: 1}, want: ids("request_id=r-1", "trace_id="+b, "span_id=0000000000000003", "trace_flags=01", "transaction_id="+a, "user_id=u-1", "tenant=acme"), key: scope.TraceKey(traceB)},
		"span alone":                   {span: enrich.Span{Trace: traceB, ID: [8]byte{7: 3}}, want: ids("trace_id="+b, "span_id=0000000000000003", "trace_flags=00", "transaction_id="+b), key: scope.TraceKey(traceB)},
		"attributes without a request": {scope: extra, span: enrich.Span{Trace: traceB, ID: [8]byte{7: 3}}, want: append(ids("trace_id="+b, "span_id=0000000000000003", "trace_flags=00", "transaction_id="+b), within...), key: scope.TraceKey(traceB)},
		"span without a trace":         {scope: extra, span: enrich.Span{ID: [8]byte{7: 3}}, want: append(ids("run_id="+scope.RunID()), within...), same: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.WithValue(context.Background(), spanKey{}, tt.span)
			if tt.scope != nil {
				ctx = scope.NewContext(ctx, tt.scope)
			}
			rec := newRecorder()
			l := slog.New(enrich.NewHandler(rec, &opts))
			l.InfoContext(ctx, "m")
			l.InfoContext(ctx, "m")
			root := rec.last(t).root
			var got []string
			for _, at := range root.Scope.Attrs() {
				got = append(got, at.String())
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("scope (-want +got):\n%s", d)
			}
			if root.Key != tt.key {
				t.Errorf("key is %d, want %d", root.Key, tt.key)
			}
			if tt.same != (tt.scope != nil && root.Scope == tt.scope.Block) {
				t.Errorf("the scope's own block: %v, want %v", !tt.same, tt.same)
			}
			if first := (*rec.got)[0].root.Scope; first != root.Scope {
				t.Error("two records of a span have two blocks")
			}
		})
	}
}

func TestSpansOfTwoRequestsAreNotMixedUp(t *testing.T) {
	opts := bare
	opts.Span = spanIn
	rec := newRecorder()
	l := slog.New(enrich.NewHandler(rec, &opts))
	// Many more spans than the cache has places, each under its own request, in turns.
	for range 2 {
		for i := range 2000 {
			s := &scope.Scope{Request: string(rune('a' + i%2000))}
			s.Seal()
			span := enrich.Span{Trace: [16]byte{byte(i), byte(i >> 8), 1}, ID: [8]byte{byte(i), byte(i >> 8)}}
			l.InfoContext(scope.NewContext(context.WithValue(context.Background(), spanKey{}, span), s), "m")
			got := rec.last(t).root
			if got.Scope.Attrs()[0].Value.String() != s.Request || got.Key != scope.TraceKey(span.Trace) {
				t.Fatalf("record %d has %v, want the request %s", i, got.Scope.Attrs(), s.Request)
			}
		}
	}
}

func TestAPanickingTracerIsContained(t *testing.T) {
	opts := bare
	var reported error
	opts.OnError = func(err error) { reported = err }
	opts.Span = func(context.Context) enrich.Span { panic(errors.New("boom")) }
	rec := newRecorder()
	h := enrich.NewHandler(rec, &opts)
	ctx, s := request(t)
	slog.New(h).InfoContext(ctx, "m")
	if rec.last(t).root.Scope != s.Block || h.Stats().Panics != 1 || reported == nil {
		t.Errorf("scope %v, stats %+v, reported %v", rec.last(t).root.Scope.Attrs(), h.Stats(), reported)
	}
}
