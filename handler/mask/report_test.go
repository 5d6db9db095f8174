package mask

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestFindingsSayWhereAProgramLeaks(t *testing.T) {
	h := NewHandler(newCapture(), nil)
	l := slog.New(h)
	l.Info("sent to "+mail, "user", map[string]any{"contact": map[string]string{"mail": mail}, "7": mail})
	l.WithGroup("request").With("note", mail).Info("m", "body", `{"a":{"email":"`+mail+`"},"k1":["`+mail+`"]}`)
	l.Info("m", "acc", &account{Name: mail, Password: "x"}, slog.Group("g", "password", "x"), "err", fmt.Errorf("to %s", mail))
	l.Info("m", mail, 1)
	want := []Finding{
		{"EMAIL", "(key)", 1}, {"EMAIL", "acc.name", 1}, {"EMAIL", "err", 1}, {"EMAIL", "msg", 1}, {"EMAIL", "request.body.*", 1},
		{"EMAIL", "request.body.a.email", 1}, {"EMAIL", "request.note", 1}, {"EMAIL", "user.*", 1}, {"EMAIL", "user.contact.mail", 1},
		{"KEY", "acc.password", 1}, {"KEY", "g.password", 1},
	}
	if diff := cmp.Diff(want, h.Masker().Findings()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]uint64{"EMAIL": 9, "KEY": 2}, h.Masker().Stats()); diff != "" {
		t.Error(diff)
	}
}

func TestPlacesOfFindingsAreBounded(t *testing.T) {
	m := New(nil)
	var keys []string
	for i := range 2 * maxPaths {
		key := strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i))
		keys = append(keys, key)
		m.Attrs([]slog.Attr{slog.String(key, mail)})
	}
	got := m.Findings()
	if len(got) != maxPaths+1 || got[0] != (Finding{"EMAIL", otherPath, maxPaths}) {
		t.Errorf("%d places, first %+v", len(got), got[0])
	}
	if m.Stats()["EMAIL"] != uint64(len(keys)) {
		t.Error(m.Stats())
	}
}

func TestAReportTellsWhatWasMasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCapture()
		h := NewHandler(c, &Options{ReportInterval: time.Minute})
		l := slog.New(h.WithGroup("g"))
		l.Info("to "+mail, "mail", mail)
		if len(c.records) != 1 {
			t.Fatalf("%d records: reported before the interval", len(c.records))
		}
		time.Sleep(time.Minute)
		l.Info("clean")
		if len(c.records) != 3 {
			t.Fatalf("%d records, want a report", len(c.records))
		}
		var out bytes.Buffer
		_ = slog.NewJSONHandler(&out, nil).Handle(context.Background(), c.records[2])
		_, got, _ := strings.Cut(strings.TrimSpace(out.String()), `"level":`)
		want := `"INFO","msg":"values masked","masked":2,"by_rule":{"EMAIL":2},"places":[{"rule":"EMAIL","path":"g.mail","count":1},{"rule":"EMAIL","path":"msg","count":1}],"interval_ms":60000}`
		if got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		time.Sleep(time.Hour)
		l.Info("clean")
		if len(c.records) != 4 {
			t.Error("a report of nothing")
		}
	})
}

func TestExplainSaysWhichRuleFoundWhat(t *testing.T) {
	m := New(nil)
	text := "to " + mail + " from 4111111111111111"
	for _, tc := range []struct {
		line string
		want []Hit
	}{
		{text, []Hit{{Rule: "EMAIL", Start: 3, End: 27, Score: 0.9, Pass: 1}, {Rule: "CREDIT_CARD", Start: 33, End: 49, Score: 0.9, Pass: 1}}},
		{`{"a":{"note":"to ` + mail + `"},"password":"x"}`, []Hit{{Rule: "EMAIL", Path: "a.note", Start: 3, End: 27, Score: 0.9, Pass: 1}, {Rule: "KEY", Path: "password", Score: 1, Pass: 1}}},
		{"mob 00000000)00000000", []Hit{{Rule: "PHONE", Start: 13, End: 21, Score: 0.7, Pass: 1}, {Rule: "PHONE", Start: 4, End: 12, Score: 0.7, Pass: 2}}},
		{"clean", nil},
	} {
		if diff := cmp.Diff(tc.want, m.Explain([]byte(tc.line)), cmpopts.EquateApprox(0, 1e-6)); diff != "" {
			t.Errorf("%s\n%s", tc.line, diff)
		}
	}
	if len(m.Stats()) != 0 {
		t.Errorf("explaining counts: %v", m.Stats())
	}
}

func TestRulesAreTheTableOfTheKinds(t *testing.T) {
	rules := Rules()
	names := make([]string, len(rules))
	m := New(&Options{AllKinds: true})
	for i, r := range rules {
		names[i] = r.Name
		for _, text := range r.Examples {
			if plain := strings.NewReplacer("«", "", "»", "").Replace(text); m.String(plain) == plain {
				t.Errorf("%s: nothing masked in %q", r.Name, plain)
			}
		}
	}
	if diff := cmp.Diff(KindNames(), names); diff != "" {
		t.Error(diff)
	}
}
