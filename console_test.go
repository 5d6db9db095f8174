package sluice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/lmittmann/tint"
)

// hostile is text that a terminal would obey.
const hostile = "\x1b[2J\x1b]0;title\x07 \u202e \xff"

func TestNothingThatIsLoggedIsObeyedByTheTerminal(t *testing.T) {
	for _, format := range []string{"text", "color"} {
		var out bytes.Buffer
		h := console(&out, sinkPlan{SinkConfig: SinkConfig{Format: format}}, allLevels)
		log := slog.New(h).With("with"+hostile, hostile).WithGroup("group" + hostile)
		log.Info("message"+hostile+"\n03:04:05.000 ERR forged", "key"+hostile, hostile, "error", errors.New(hostile), "any", struct{ A string }{hostile},
			slog.Group("inner"+hostile, "stringer", time.Second, "nil", nil, "bytes", []byte(hostile)))
		got := out.String()
		for _, own := range []string{"\x1b[0m", "\x1b[2m", "\x1b[92m"} { // tint's colours
			got = strings.ReplaceAll(got, own, "")
		}
		if strings.ContainsAny(got, "\x1b\x07\u202e\u009b") || strings.Contains(got, "\n03:04") || strings.Count(got, "\n") != 2 {
			t.Errorf("%s: %q", format, got)
		}
		for _, want := range []string{"message\ufffd[2J", "\n    03:04:05.000 ERR forged", "any\"=\"{A:?[2J", "stringer\"=1s", "nil\"=<nil>", "bytes\"=\"\\x1b"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %q", format, want, got)
			}
		}
	}
}

func TestCleanedIsAHandler(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return cleaned{slog.NewJSONHandler(&out, nil)}
	}, func(t *testing.T) (m map[string]any) {
		if err := json.Unmarshal(out.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestAValueThatPanicsIsLeftToTint(t *testing.T) {
	var out bytes.Buffer
	h := cleaned{tint.NewTextHandler(&out, &tint.Options{NoColor: true})}
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
	r.AddAttrs(slog.Any("v", panics{}), slog.Any("p", (*panics)(nil)))
	if err := h.Handle(context.Background(), r); err != nil || !strings.Contains(out.String(), "!PANIC: no text") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

type panics struct{}

func (panics) MarshalText() ([]byte, error) { panic("no text") }
