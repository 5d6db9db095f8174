package enrich_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"

	"github.com/google/go-cmp/cmp"
)

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

func TestT9_EnrichersSeeTheAttributesAndGroupsOfTheLogger(t *testing.T) {
	ctx, _ := request(t)
	log := func(l *slog.Logger) {
		l.With("a", "root", "both", "logger").WithGroup("http").With("status", 200, "both", "inner").
			LogAttrs(ctx, slog.LevelWarn, "m",
				slog.Int("n", 1), slog.Int("n", 2),
				slog.Group("client", slog.String("ip", "::1"), slog.Group("", slog.String("inline", "yes"))),
				slog.String("dotted.key", "d"),
				slog.Any("lazy", valuer{slog.GroupValue(slog.Any("x", valuer{slog.StringValue("deep")}))}),
				slog.String("user_id", "forged"),
				slog.Any("err", errors.New("e")),
			)
	}
	for path, want := range map[string]string{
		"a":                "root",
		"http.a":           "",
		"both":             "inner",
		"status":           "200",
		"http.status":      "200",
		"n":                "2",
		"http.n":           "2",
		"client.ip":        "::1",
		"http.client.ip":   "::1",
		"client.inline":    "yes",
		"client":           "[ip=::1 =[inline=yes]]",
		"client.none":      "",
		"client.ip.deeper": "",
		"clien":            "",
		"client.":          "",
		"":                 "",
		".":                "",
		"http":             "",
		"http.":            "",
		"dotted.key":       "d",
		"dotted":           "",
		"lazy.x":           "deep",
		"user_id":          "u-1", // the request's, not the call's
		"http.user_id":     "forged",
		"tenant":           "acme",
		"service":          "svc",
		"earlier":          "yes",
		"process.uid":      "",
	} {
		t.Run(path, func(t *testing.T) {
			var got string
			opts := &enrich.Options{Service: "svc", Enrichers: []enrich.Enricher{
				enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
					return append(dst, slog.String("earlier", "yes"))
				}),
				enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
					if v, ok := r.Attr(path); ok {
						got = v.String()
					}
					return dst
				}),
			}}
			log(slog.New(enrich.NewHandler(newRecorder(), opts)))
			if got != want {
				t.Errorf("Attr(%q) is %q, want %q", path, got, want)
			}
		})
	}
}

func TestRecordTellsOfTheLogCall(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	cause := errors.New("x")
	opts := bare
	called := false
	opts.Enrichers = []enrich.Enricher{enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
		called = true
		if !r.Time().Equal(at) || r.Level() != slog.LevelWarn || r.Message() != "m" || r.PC() != 99 || r.Err() != cause {
			t.Errorf("record is %v %v %q %d %v", r.Time(), r.Level(), r.Message(), r.PC(), r.Err())
		}
		return dst
	})}
	r := slog.NewRecord(at, slog.LevelWarn, "m", 99)
	r.AddAttrs(slog.Any("cause", cause))
	if err := enrich.NewHandler(newRecorder(), &opts).Handle(context.Background(), r); err != nil || !called {
		t.Errorf("Handle: %v, enricher called: %v", err, called)
	}
}

func TestByTypeAsksTheOneForTheType(t *testing.T) {
	tag := func(name string) enrich.Enricher {
		return enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
			return append(dst, slog.String("by", name))
		})
	}
	opts := bare
	opts.Enrichers = []enrich.Enricher{enrich.ByType{"http_request": tag("http"), "audio_processing": tag("audio"), "none": nil}}
	for name, tt := range map[string]struct {
		logger, call slog.Attr
		want         []string
	}{
		"in the call":   {call: slog.String("type", "http_request"), want: []string{"by=http"}},
		"in the logger": {logger: slog.String("type", "audio_processing"), want: []string{"by=audio"}},
		"unknown":       {call: slog.String("type", "x")},
		"nil":           {call: slog.String("type", "none")},
		"no text":       {call: slog.Int("type", 1)},
		"without":       {},
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			l := slog.New(enrich.NewHandler(rec, &opts))
			if tt.logger.Key != "" {
				l = l.With(tt.logger).WithGroup("g")
			}
			l.LogAttrs(context.Background(), 0, "m", tt.call)
			var got []string
			for _, a := range rec.last(t).root.Record {
				got = append(got, a.String())
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("added (-want +got):\n%s", d)
			}
		})
	}
}
