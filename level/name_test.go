package level_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/slogrec"
)

func TestNameAndBack(t *testing.T) {
	for l, want := range map[slog.Level]string{
		-8: "DEBUG-4", -4: "DEBUG", -3: "DEBUG+1", 0: "INFO", 2: "INFO+2", 4: "WARN", 7: "WARN+3", 8: "ERROR", 11: "ERROR+3",
		12: "CRITICAL", 13: "CRITICAL+1", math.MinInt: "DEBUG-9223372036854775804", math.MaxInt: "CRITICAL+9223372036854775795",
	} {
		if got := level.Name(l); got != want {
			t.Errorf("Name(%d) = %s, want %s", l, got, want)
		}
		if got, err := level.Parse(want); got != l || err != nil {
			t.Errorf("Parse(%s) = %d, %v, want %d", want, got, err, l)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]slog.Level{
		"debug": -4, "Info": 0, "warn": 4, "WARNING": 4, "error": 8, "critical": 12, "fatal": 12, " info ": 0,
		"INFO+2": 2, "error-1": 7, "ERROR+4": 12, "0": 0, "-4": -4, "+3": 3, "12": 12,
	} {
		if got, err := level.Parse(text); got != want || err != nil {
			t.Errorf("Parse(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "loud", "INFO+", "INFO 2", "INFO+-2", "INFO+x", "1.5", "0x1", "DEBUG-9223372036854775807", "ERROR+9223372036854775807", "9223372036854775808", "INFO+99999999999999999999", "\xff",
	} {
		_, err := level.Parse(text)
		if err == nil || !strings.Contains(err.Error(), "want DEBUG, INFO, WARN, ERROR, CRITICAL") {
			t.Errorf("Parse(%q): %v", text, err)
		}
	}
	if _, err := level.Parse("loud"); !strings.Contains(err.Error(), `"loud"`) {
		t.Errorf("the error does not name the input: %v", err)
	}
}

func TestReplaceAttrNamesTheLevelAtTheRootOnly(t *testing.T) {
	var buf bytes.Buffer
	h := slog.NewJSONHandler(&buf, &slog.HandlerOptions{ReplaceAttr: level.ReplaceAttr})
	slog.New(h).Log(t.Context(), level.Critical, "m", slog.Group("g", "level", level.Critical), "other", level.Critical)
	var got struct {
		Level, Other string
		G            struct{ Level string }
	}
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Level != "CRITICAL" || got.G.Level != "ERROR+4" || got.Other != "ERROR+4" {
		t.Errorf("%+v", got)
	}
	if a := level.ReplaceAttr(nil, slog.String("level", "high")); a.Value.String() != "high" {
		t.Errorf("user's attribute became %v", a)
	}
}

func TestT13_CriticalContextHasItsCallerAsSource(t *testing.T) {
	rec := slogrec.New()
	type key struct{}
	level.CriticalContext(context.WithValue(t.Context(), key{}, 1), rec.Logger(), "down", "shard", 3)
	r := rec.Require(t, slogrec.Level(level.Critical), slogrec.Message("down"), slogrec.Attr("shard", 3))
	if f := r.Source().Function; !strings.HasSuffix(f, "TestT13_CriticalContextHasItsCallerAsSource") {
		t.Error(f)
	}
	if r.Context.Value(key{}) != 1 || r.Time.IsZero() {
		t.Errorf("%+v", r)
	}
	off := slogrec.New(slogrec.MinLevel(level.Critical + 1))
	level.CriticalContext(t.Context(), off.Logger(), "down")
	off.RequireCount(t, 0)
}

func TestCriticalContextWithoutLoggerAndContext(t *testing.T) {
	rec := slogrec.New()
	old := slog.Default()
	defer slog.SetDefault(old)
	slog.SetDefault(rec.Logger())
	level.CriticalContext(nil, nil, "down") //nolint:staticcheck // a nil context is the case under test
	rec.Require(t, slogrec.Message("down"))
}
