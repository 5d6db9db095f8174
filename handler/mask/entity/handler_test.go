package entity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/maskederr"
)

func TestHandlerKeepsTheContractOfSlog(t *testing.T) {
	var buf bytes.Buffer
	for _, tc := range []struct {
		name string
		new  func(slog.Handler) slog.Handler
	}{
		{"alone", func(next slog.Handler) slog.Handler { return entity.NewHandler(next, nil) }},
		{"in a chain", func(next slog.Handler) slog.Handler {
			return mask.NewHandler(entity.Middleware(nil)(entity.NewHandler(next, nil)), nil)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			slogtest.Run(t, func(*testing.T) slog.Handler {
				buf.Reset()
				return tc.new(slog.NewJSONHandler(&buf, nil))
			}, func(t *testing.T) map[string]any {
				m := map[string]any{}
				if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
					t.Fatal(err)
				}
				return m
			})
		})
	}
}

type owner struct {
	Name  string `json:"name"`
	City  string `json:"city"`
	Seats int    `json:"seats"`
}

type label string

type valuer struct{}

func (valuer) LogValue() slog.Value { return slog.StringValue("call Ingrid Halvorsen back") }

type stringer struct{ n int }

func (stringer) String() string { return "call Ingrid Halvorsen back" }

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { panic("Ingrid Halvorsen") }

func at(msg string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, msg, 0)
	r.AddAttrs(attrs...)
	return r
}

func TestNamesAreMaskedWhereverTheyStand(t *testing.T) {
	const name, other = "Ingrid Halvorsen", "call Ingrid Halvorsen back"
	for _, tc := range []struct {
		name string
		r    slog.Record
		want string
	}{
		{"message", at("invoice sent to " + name), `{"level":"INFO","msg":"invoice sent to [PERSON_REDACTED]"}`},
		{"text", at("m", slog.String("note", other)), `{"level":"INFO","msg":"m","note":"call [PERSON_REDACTED] back"}`},
		{"key of a name", at("m", slog.String("author", name), slog.String("city", "Rotterdam"), slog.String("company", "Okonkwo Labs")),
			`{"level":"INFO","msg":"m","author":"[PERSON_REDACTED]","city":"[LOCATION_REDACTED]","company":"[ORGANIZATION_REDACTED]"}`},
		{"key of a machine", at("m", slog.String("path", "Ingrid Halvorsen"), slog.String("host", "Paris")), `{"level":"INFO","msg":"m","path":"Ingrid Halvorsen","host":"Paris"}`},
		{"group", at("m", slog.Group("g", slog.Int("a", 1), slog.Group("h", slog.String("note", other)))), `{"level":"INFO","msg":"m","g":{"a":1,"h":{"note":"call [PERSON_REDACTED] back"}}}`},
		{"group says whose name it is", at("m", slog.Group("customer", slog.String("name", name))), `{"level":"INFO","msg":"m","customer":{"name":"[PERSON_REDACTED]"}}`},
		{"inline group", at("m", slog.Group("", slog.String("note", other))), `{"level":"INFO","msg":"m","note":"call [PERSON_REDACTED] back"}`},
		{"after others", at("m", slog.Int("a", 1), slog.String("b", "c"), slog.Int("d", 1), slog.Int("e", 1), slog.Int("f", 1), slog.Int("g", 1), slog.String("note", other), slog.Int("h", 2)),
			`{"level":"INFO","msg":"m","a":1,"b":"c","d":1,"e":1,"f":1,"g":1,"note":"call [PERSON_REDACTED] back","h":2}`},
		{"LogValuer", at("m", slog.Any("v", valuer{})), `{"level":"INFO","msg":"m","v":"call [PERSON_REDACTED] back"}`},
		{"error", at("m", slog.Any("err", fmt.Errorf("no seat for %s: %w", name, errors.New("full")))), `{"level":"INFO","msg":"m","err":"no seat for [PERSON_REDACTED]: full"}`},
		{"masked error", at("m", slog.Any("err", maskederr.New("*x.E", []string{other, "y"}))), `{"level":"INFO","msg":"m","err":"call [PERSON_REDACTED] back"}`},
		{"struct", at("m", slog.Any("owner", owner{name, "Rotterdam", 3})), `{"level":"INFO","msg":"m","owner":{"name":"[PERSON_REDACTED]","city":"[LOCATION_REDACTED]","seats":3}}`},
		{"pointer", at("m", slog.Any("owner", &owner{name, "", 3})), `{"level":"INFO","msg":"m","owner":{"name":"[PERSON_REDACTED]","city":"","seats":3}}`},
		{"struct under a machine's key", at("m", slog.Any("event", owner{name, "", 3})), `{"level":"INFO","msg":"m","event":{"name":"[PERSON_REDACTED]","city":"","seats":3}}`},
		{"map", at("m", slog.Any("m", map[string]any{"note": other, "n": 1})), `{"level":"INFO","msg":"m","m":{"n":1,"note":"call [PERSON_REDACTED] back"}}`},
		{"map's keys", at("m", slog.Any("m", map[string]int{name: 1, "Lars Okonkwo": 2, "n": 3})), `{"level":"INFO","msg":"m","m":{"[PERSON_REDACTED]":1,"[PERSON_REDACTED]#2":2,"n":3}}`},
		{"list", at("m", slog.Any("authors", []string{name, "x"})), `{"level":"INFO","msg":"m","authors":["[PERSON_REDACTED]","x"]}`},
		{"string type", at("m", slog.Any("note", label(other))), `{"level":"INFO","msg":"m","note":"call [PERSON_REDACTED] back"}`},
		{"bytes", at("m", slog.Any("note", []byte(other))), `{"level":"INFO","msg":"m","note":"call [PERSON_REDACTED] back"}`},
		{"raw JSON", at("m", slog.Any("note", json.RawMessage(`{"author": "`+name+`", "n": 1.50}`))), `{"level":"INFO","msg":"m","note":{"author":"[PERSON_REDACTED]","n":1.50}}`},
		{"JSON in a text", at("m", slog.String("body", `{"author": "Zo\u00eb \u00c5ngstr\u00f6m", "n": 1.50}`)), `{"level":"INFO","msg":"m","body":"{\"author\": \"[PERSON_REDACTED]\", \"n\": 1.50}"}`},
		{"JSON in JSON", at("m", slog.String("body", `["{\"author\":\"Ingrid Halvorsen\"}"]`)), `{"level":"INFO","msg":"m","body":"[\"{\\\"author\\\":\\\"[PERSON_REDACTED]\\\"}\"]"}`},
		{"what panics", at("m", slog.Any("v", broken{})), `{"level":"INFO","msg":"m","v":"[UNINSPECTED]"}`},
		{"numbers", at("m", slog.Any("n", []int{1, 2}), slog.Any("t", time.Unix(0, 0).UTC()), slog.Any("nil", nil)), `{"level":"INFO","msg":"m","n":[1,2],"t":"1970-01-01T00:00:00Z","nil":null}`},
		{"empty attr and group", at("m", slog.Attr{}, slog.Group("g"), slog.String("note", other)), `{"level":"INFO","msg":"m","note":"call [PERSON_REDACTED] back"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := entity.NewHandler(slog.NewJSONHandler(&buf, nil), nil).Handle(context.Background(), tc.r); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(buf.String()); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestAStringerIsMaskedInTextToo(t *testing.T) {
	var buf bytes.Buffer
	_ = entity.NewHandler(slog.NewTextHandler(&buf, nil), nil).Handle(context.Background(), at("m", slog.Any("v", stringer{1})))
	if got, want := strings.TrimSpace(buf.String()), `level=INFO msg=m v="call [PERSON_REDACTED] back"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAttributesOfLoggersAreMasked(t *testing.T) {
	var buf bytes.Buffer
	h := entity.NewHandler(slog.NewJSONHandler(&buf, nil), nil)
	with := h.WithAttrs([]slog.Attr{slog.String("author", "Ingrid Halvorsen")}).WithGroup("customer").WithAttrs([]slog.Attr{slog.String("name", "Lars Okonkwo")})
	_ = with.Handle(context.Background(), at("m", slog.String("city", "Rotterdam")))
	want := `{"level":"INFO","msg":"m","author":"[PERSON_REDACTED]","customer":{"name":"[PERSON_REDACTED]","city":"[LOCATION_REDACTED]"}}`
	if got := strings.TrimSpace(buf.String()); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if h.WithGroup("") != slog.Handler(h) || h.WithAttrs(nil) != slog.Handler(h) {
		t.Error("an empty group or no attributes made another handler")
	}
}

func TestAttributesOfTheRootAreMasked(t *testing.T) {
	var buf bytes.Buffer
	h := entity.NewHandler(slog.NewJSONHandler(&buf, nil), nil)
	root := chain.Root{
		Static: chain.NewBlock([]slog.Attr{slog.String("company", "Okonkwo Labs")}),
		Scope:  chain.NewBlock([]slog.Attr{slog.String("user_name", "Ingrid Halvorsen")}),
		Record: []slog.Attr{slog.String("note", "met Lars Okonkwo in Rotterdam")},
	}
	for range 2 {
		buf.Reset()
		if err := h.HandleRoot(context.Background(), at("m"), root); err != nil {
			t.Fatal(err)
		}
		want := `{"level":"INFO","msg":"m","company":"[ORGANIZATION_REDACTED]","user_name":"[PERSON_REDACTED]","note":"met [PERSON_REDACTED] in [LOCATION_REDACTED]"}`
		if got := strings.TrimSpace(buf.String()); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

// late adds a root attribute below the mask, as an enricher does.
type late struct{ chain.Handler }

func (l late) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	root.Record = root.Masked([]slog.Attr{slog.String("author", "Ingrid Halvorsen"), slog.String("password", "hunter2")})
	return l.Handler.HandleRoot(ctx, r, root)
}

func TestWhatIsAddedFurtherDownPassesBothMasks(t *testing.T) {
	var buf bytes.Buffer
	h := mask.NewHandler(entity.NewHandler(late{chain.Adapt(slog.NewJSONHandler(&buf, nil))}, nil), nil)
	_ = h.Handle(context.Background(), at("m"))
	if got, want := strings.TrimSpace(buf.String()), `{"level":"INFO","msg":"m","author":"[PERSON_REDACTED]","password":"[REDACTED]"}`; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestBehindTheQueueAndTheMask(t *testing.T) {
	var buf bytes.Buffer
	q, err := async.NewHandler(entity.NewHandler(slog.NewJSONHandler(&buf, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}), nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &owner{"Ingrid Halvorsen", "Rotterdam", 1}
	slog.New(mask.NewHandler(q, nil)).Info("mail to ingrid@example.org for Ingrid Halvorsen", "owner", o, "password", "hunter2")
	o.Name = "changed"
	if err := q.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := `{"level":"INFO","msg":"mail to [EMAIL_REDACTED] for [PERSON_REDACTED]","owner":{"name":"[PERSON_REDACTED]","city":"[LOCATION_REDACTED]","seats":1},"password":"[REDACTED]"}`
	if got := strings.TrimSpace(buf.String()); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestTheCallersDataIsNotWrittenTo(t *testing.T) {
	attrs := []slog.Attr{slog.Int("a", 1), slog.String("author", "Ingrid Halvorsen"), slog.Group("g", slog.String("note", "met Lars Okonkwo"))}
	inner := attrs[2].Value.Group()
	h := entity.NewHandler(discard{}, nil)
	h.WithAttrs(attrs)
	_ = h.Handle(context.Background(), at("m", attrs...))
	if attrs[1].Value.String() != "Ingrid Halvorsen" || inner[0].Value.String() != "met Lars Okonkwo" {
		t.Errorf("attributes were changed: %v", attrs)
	}
}
