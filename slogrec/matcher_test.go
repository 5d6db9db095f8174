package slogrec_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/slogrec"
)

func TestMatchers(t *testing.T) {
	errDisk := errors.New("disk")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rec := slogrec.New()
	rec.Logger().Error("disk full",
		slog.Group("http", "status", 500, "size", uint64(7)), "a.b", "dotted", "err", fmt.Errorf("write: %w", errDisk),
		"at", at.In(time.FixedZone("x", 3600)), "list", []int{1, 2}, "took", time.Second, slog.Group("x.y", "z", 1))
	for _, tt := range []struct {
		m    slogrec.Matcher
		want bool
		name string
	}{
		{slogrec.Matcher{}, true, "any record"},
		{slogrec.Level(slog.LevelError), true, "level ERROR"},
		{slogrec.Level(slog.LevelInfo), false, "level INFO"},
		{slogrec.AtLeast(slog.LevelWarn), true, "level at least WARN"},
		{slogrec.AtLeast(slog.LevelError + 1), false, "level at least ERROR+1"},
		{slogrec.Message("disk full"), true, `message "disk full"`},
		{slogrec.Message("disk"), false, `message "disk"`},
		{slogrec.MessageContains("full"), true, `message with "full"`},
		{slogrec.MessageContains("empty"), false, `message with "empty"`},
		{slogrec.HasAttr("http"), true, "attribute http"},
		{slogrec.HasAttr("http.method"), false, "attribute http.method"},
		{slogrec.Attr("http.status", 500), true, "attribute http.status=500"},
		{slogrec.Attr("http.status", uint8(244)), false, ""},
		{slogrec.Attr("http.status", uint16(500)), true, ""},
		{slogrec.Attr("http.status", 500.0), false, ""},
		{slogrec.Attr("http.size", 7), true, ""},
		{slogrec.Attr("http.size", -7), false, ""},
		{slogrec.Attr("http", map[string]any{"status": 500, "size": 7}), true, ""},
		{slogrec.Attr("http", map[string]any{"status": 500}), false, ""},
		{slogrec.Attr("http", map[string]any{"status": 500, "other": 7}), false, ""},
		{slogrec.Attr("a.b", "dotted"), true, ""},
		{slogrec.Attr("x.y.z", 1), true, ""},
		{slogrec.Attr("err", errDisk), true, ""},
		{slogrec.Attr("err", errors.New("disk")), false, ""},
		{slogrec.Attr("at", at), true, ""},
		{slogrec.Attr("list", []int{1, 2}), true, ""},
		{slogrec.Attr("list", []int{1}), false, ""},
		{slogrec.Attr("took", time.Second), true, ""},
		{slogrec.And(), true, "any record"},
		{slogrec.And(slogrec.HasAttr("err"), slogrec.Message("x")), false, `(attribute err and message "x")`},
		{slogrec.Or(), false, "no record"},
		{slogrec.Or(slogrec.Message("x"), slogrec.HasAttr("err")), true, `(message "x" or attribute err)`},
		{slogrec.Not(slogrec.HasAttr("err")), false, "not attribute err"},
		{slogrec.Func("long", func(r slogrec.Record) bool { return len(r.Message) > 3 }), true, "long"},
	} {
		if got := len(rec.Find(tt.m)) == 1; got != tt.want {
			t.Errorf("%s: got %v", tt.m, got)
		}
		if tt.name != "" && tt.m.String() != tt.name {
			t.Errorf("name %q, want %q", tt.m, tt.name)
		}
	}
}

// failed is a TB that keeps what it was told.
type failed struct{ text string }

func (f *failed) Helper()                           {}
func (f *failed) Fatalf(format string, args ...any) { f.text = fmt.Sprintf(format, args...) }

func TestFailuresListWhatWasRecorded(t *testing.T) {
	rec := slogrec.New()
	rec.Logger().Info("first", "a", 1)
	rec.Logger().Warn("second")
	for _, tt := range []struct {
		name string
		run  func(slogrec.TB)
		want string
	}{
		{"Require", func(tb slogrec.TB) { rec.Require(tb, slogrec.Message("third"), slogrec.HasAttr("a")) },
			"want a record with (message \"third\" and attribute a); recorded 2:\n    INFO \"first\" a=1\n    WARN \"second\""},
		{"RequireCount", func(tb slogrec.TB) { rec.RequireCount(tb, 2, slogrec.HasAttr("a")) },
			"want 2 records, not 1, with attribute a; recorded 2:\n  > INFO \"first\" a=1\n    WARN \"second\""},
		{"RequireNone", func(tb slogrec.TB) { rec.RequireNone(tb, slogrec.Message("second")) },
			"want no record with message \"second\"; recorded 2:\n    INFO \"first\" a=1\n  > WARN \"second\""},
		{"satisfied", func(tb slogrec.TB) {
			rec.Require(tb, slogrec.Message("first"))
			rec.RequireCount(tb, 2)
			rec.RequireNone(tb, slogrec.Message("third"))
		}, ""},
	} {
		var f failed
		tt.run(&f)
		if diff := cmp.Diff(tt.want, f.text); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestFailureIsBounded(t *testing.T) {
	rec := slogrec.New()
	for range 1000 {
		rec.Logger().Info("m")
	}
	var f failed
	rec.Require(&f, slogrec.Message("other"))
	if n := strings.Count(f.text, "\n"); n != 51 || !strings.Contains(f.text, "(950 earlier ones)") {
		t.Errorf("%d lines: %s", n, f.text)
	}
}
