package store

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/search"
)

// tenant is record i of three tenants, one of which has lists too.
func tenant(i int) string {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second)
	name := []string{`"acme"`, `"initech"`, `["globex","acme"]`}[i%3]
	return fmt.Sprintf(`{"time":"%s","level":"%s","msg":"m","tenant":%s,"n":%d}`, at.Format(time.RFC3339), levels[i%len(levels)], name, i)
}

func TestTheFirstClassOfARecordDecidesHowLongItIsKept(t *testing.T) {
	const n = 300
	class := func(q string, keep time.Duration) Class { return Class{search.MustParse(q), keep} }
	isError := func(i int) bool { return levels[i%len(levels)] == "ERROR" }
	for _, tc := range []struct {
		name string
		ret  Retention
		age  time.Duration // of the newest record
		keep func(i int) bool
	}{
		{"not due", Retention{Classes: []Class{class("tenant:acme", 24*time.Hour)}}, time.Hour, func(int) bool { return true }},
		{"attribute", Retention{Classes: []Class{class("tenant:acme", 24*time.Hour)}}, 25 * time.Hour, func(i int) bool { return i%3 == 1 }},
		{"level", Retention{Classes: []Class{class("level>=error", time.Hour)}}, 2 * time.Hour, func(i int) bool { return !isError(i) }},
		{"longer than the others", Retention{MaxAge: time.Hour, Classes: []Class{class("tenant:initech", 48*time.Hour)}}, 2 * time.Hour, func(i int) bool { return i%3 == 1 }},
		{"for ever", Retention{MaxAge: time.Hour, Classes: []Class{class("tenant:initech", -1)}}, 1e6 * time.Hour, func(i int) bool { return i%3 == 1 }},
		{"the first decides", Retention{MaxAge: time.Hour, Classes: []Class{class("level:error", -1), class("tenant:acme", time.Minute), class("*", 4*time.Hour)}}, 2 * time.Hour,
			func(i int) bool { return isError(i) || i%3 == 1 }},
		{"in place of the level's", Retention{Levels: map[slog.Level]time.Duration{slog.LevelError: time.Hour}, Classes: []Class{class("tenant:globex", 24*time.Hour)}}, 2 * time.Hour,
			func(i int) bool { return !isError(i) || i%3 == 2 }},
		{"nothing matches", Retention{Classes: []Class{class("tenant:nobody", time.Minute)}}, time.Hour, func(int) bool { return true }},
		{"bytes rule them out", Retention{MaxBytes: 1, Classes: []Class{class("tenant:acme", -1)}}, time.Hour, func(int) bool { return false }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(n*time.Second + tc.age)
			s := open(t, dir, &Options{SegmentRecords: 100, Retention: tc.ret, now: func() time.Time { return now }})
			var want []string
			for i := range n {
				appendAll(t, s, []string{tenant(i)})
				if tc.keep(i) {
					want = append(want, tenant(i))
				}
			}
			if err := s.sealNow(); err != nil {
				t.Fatal(err)
			}
			r, err := s.Retain()
			if err != nil || r.Records != n-len(want) {
				t.Errorf("%+v, %v, want %d records removed", r, err, n-len(want))
			}
			if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
				t.Error(diff)
			}
			if r, err := s.Retain(); err != nil || r != (Rewritten{}) {
				t.Errorf("again: %+v, %v", r, err)
			}
			if len(want) > 0 && len(want) < n && len(s.examined) == 0 {
				t.Error("what was looked at will be looked at again")
			}
		})
	}
}

func TestAHoldKeepsRecordsUntilItIsLifted(t *testing.T) {
	const n = 300
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, opts := range map[string]Retention{"age": {MaxAge: time.Hour}, "bytes": {MaxBytes: 1}, "class": {Classes: []Class{{search.MustParse("level:*"), time.Hour}}}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, &Options{SegmentRecords: 100, Retention: opts, now: func() time.Time { return now }})
			for i := range n {
				appendAll(t, s, []string{tenant(i)})
			}
			if err := s.sealNow(); err != nil {
				t.Fatal(err)
			}
			// A day after Since is in the future of the records; relative to now it would not be.
			hold, err := PlaceHold(t.Context(), dir, Hold{Query: search.MustParse("tenant:acme n>=200 time<now"), Reason: "case 7", By: "counsel", Since: now})
			if err != nil || hold.ID == "" {
				t.Fatal(hold, err)
			}
			var want []string
			for i := 200; i < n; i++ {
				if i%3 != 1 {
					want = append(want, tenant(i))
				}
			}
			if r, err := s.Retain(); err != nil || r.Records != n-len(want) {
				t.Errorf("%+v, %v", r, err)
			}
			if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
				t.Error(diff)
			}
			rec, err := s.EraseQuery(t.Context(), search.MustParse("n:(200 or 201)"), "token")
			if err != nil || rec.Records != 0 || rec.Held != 2 || rec.Subject != "token" {
				t.Errorf("%+v, %v", rec, err)
			}
			if held, err := Holds(dir); err != nil || len(held) != 1 || held[0].Reason != "case 7" || held[0].Query.String() != hold.Query.String() {
				t.Errorf("%+v, %v", held, err)
			}
			if _, err := LiftHold(t.Context(), dir, "other"); err == nil || !strings.Contains(err.Error(), "no such hold: other") {
				t.Error(err)
			}
			if lifted, err := LiftHold(t.Context(), dir, hold.ID); err != nil || lifted.By != "counsel" {
				t.Errorf("%+v, %v", lifted, err)
			}
			if r, err := s.Retain(); err != nil || r.Records != len(want) {
				t.Errorf("after it is lifted: %+v, %v", r, err)
			}
			if left := contents(t, dir); len(left) != 0 {
				t.Errorf("%d records are left", len(left))
			}
		})
	}
}

func TestHoldsThatCannotBeReadKeepEverything(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &Options{Retention: Retention{MaxBytes: 1}})
	appendAll(t, s, []string{tenant(1)})
	if err := s.sealNow(); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{"[", `[{"id":"a","query":"level:"}]`} {
		if err := writeFile(s.fs, dir, holdsName, []byte(broken)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Retain(); err == nil || !strings.Contains(err.Error(), holdsName) {
			t.Error(err)
		}
		if _, err := s.Erase(t.Context(), "n", "1"); err == nil || !strings.Contains(err.Error(), holdsName) {
			t.Error(err)
		}
	}
	if left := contents(t, dir); !slices.Equal(left, []string{tenant(1)}) {
		t.Errorf("%q", left)
	}
}

func TestWrongClassesAreNamed(t *testing.T) {
	err := (&Options{Retention: Retention{Classes: []Class{{KeepFor: time.Hour}, {Query: search.MustParse("a:b")}}}}).Validate()
	for _, want := range []string{"Retention.Classes[0].Query : want a condition", "Retention.Classes[1].KeepFor 0s: want more than 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}

func TestRecordsWithoutATimeAreAsOldAsTheirFile(t *testing.T) {
	now := time.Now()
	s := open(t, t.TempDir(), &Options{Retention: Retention{MaxAge: 24 * time.Hour}, now: func() time.Time { return now }})
	appendAll(t, s, []string{"Started.", `{"msg":"no time"}`})
	if err := s.sealNow(); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Retain(); err != nil || r.Records != 0 {
		t.Fatalf("of records that were just written %d were removed, error %v", r.Records, err)
	}
	now = now.Add(25 * time.Hour)
	if r, err := s.Retain(); err != nil || r.Records != 2 {
		t.Fatalf("of 2 records past their time %d were removed, error %v", r.Records, err)
	}
}
