package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/search"
)

// logins makes n documents of users u_0 to u_2 in turn, one an hour from 2026-01-01 on.
func logins(from, n int) (docs []string) {
	for i := from; i < from+n; i++ {
		at := time.Date(2026, 1, 1, i, 0, 0, 0, time.UTC).Format(time.RFC3339)
		level := []string{"INFO", "ERROR"}[i%2]
		docs = append(docs, fmt.Sprintf(`{"@timestamp":"%s","body":"login","severity":{"text":"%s","number":%d},"attributes":{"user_id":"u_%d","order":%d}}`, at, level, 9+8*(i%2), i%3, i))
	}
	return docs
}

// orders returns the numbers of the documents that are left.
func orders(t *testing.T, b *Bootstrap) (out []int) {
	t.Helper()
	s, err := b.searcher(b.opts.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		r, err := s.Search(t.Context(), &search.Request{Query: search.MustParse(fmt.Sprintf("order:%d", i))})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Hits) == 1 {
			out = append(out, i)
		}
	}
	return out
}

func filled(t *testing.T, r Retention) (*opensearchtest.Server, *Bootstrap) {
	t.Helper()
	node, b := stream(t, Options{Retention: r})
	for _, status := range create(t, node, b.opts.Stream, logins(0, 24)...) {
		if status != 201 {
			t.Fatal(status)
		}
	}
	b.now = func() time.Time { return time.Date(2026, 1, 2, 0, 30, 0, 0, time.UTC) }
	return node, b
}

func without(gone func(i int) bool, n int) (out []int) {
	for i := range n {
		if !gone(i) {
			out = append(out, i)
		}
	}
	return out
}

func TestTheFirstClassOfADocumentDecidesHowLongItIsKept(t *testing.T) {
	_, b := filled(t, Retention{Classes: []Class{
		{search.MustParse("level:error user_id:u_1"), 24 * time.Hour}, {search.MustParse("user_id:u_1"), time.Hour}, {search.MustParse("level>=error"), 12 * time.Hour},
	}})
	for range 2 {
		p, err := b.Retain(t.Context())
		if err != nil || len(p.Deleted) != 0 {
			t.Fatal(p, err)
		}
		want := without(func(i int) bool {
			age := 24*60 + 30 - i*60 // minutes
			switch isError, is1 := i%2 == 1, i%3 == 1; {
			case isError && is1:
				return age > 24*60
			case is1:
				return age > 60
			case isError:
				return age > 12*60
			}
			return false
		}, 24)
		if diff := cmp.Diff(want, orders(t, b)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhatIsHeldOutlivesItsClassAndItsIndex(t *testing.T) {
	node, b := filled(t, Retention{KeepFor: time.Hour, Classes: []Class{{search.MustParse("level:error"), time.Hour}}})
	held := []search.Query{search.MustParse("order:(3 or 4)"), search.MustParse("user_id:u_2 order>20")}
	holding := errors.New("unreachable")
	b.opts.Retention.Holds = func(context.Context) ([]search.Query, error) { return held, holding }
	node.Must(t, "POST", "/"+b.opts.Stream+"/_rollover", "", nil)
	create(t, node, b.opts.Stream, logins(24, 2)...)
	b.now = func() time.Time { return time.Now().Add(100 * time.Hour) }
	if p, err := b.Retain(t.Context()); err == nil || !strings.Contains(err.Error(), "unreachable: nothing is deleted") || len(p.Deleted)+int(p.Documents) > 0 {
		t.Errorf("holds that are not known: %+v, %v", p, err)
	}
	holding = nil
	p, err := b.Retain(t.Context())
	if err != nil || len(p.Deleted) != 0 || p.Documents != 22 { // 12 errors of 3 and 23 less, the new one, and the others of the first index
		t.Errorf("%+v, %v", p, err)
	}
	if diff := cmp.Diff([]int{3, 4, 23, 24}, orders(t, b)); diff != "" {
		t.Error(diff)
	}
	held = nil
	if p, err = b.Retain(t.Context()); err != nil || len(p.Deleted) != 1 {
		t.Errorf("when they are lifted: %+v, %v", p, err)
	}
	if diff := cmp.Diff([]int{24}, orders(t, b)); diff != "" {
		t.Error(diff)
	}
}

func TestClassesAndHoldsTakeAKeeper(t *testing.T) {
	for _, tc := range []struct {
		r    Retention
		want bool
	}{{Retention{}, false}, {Retention{KeepBytes: 1}, true}, {Retention{Classes: make([]Class, 1)}, true}, {Retention{Holds: func(context.Context) ([]search.Query, error) { return nil, nil }}, true}} {
		if got := tc.r.NeedsKeeper(); got != tc.want {
			t.Errorf("%+v: %v", tc.r, got)
		}
	}
	holds := Retention{KeepFor: time.Hour, Holds: func(context.Context) ([]search.Query, error) { return nil, nil }}
	if text := string(encode(policy("s", holds, 1))); strings.Contains(text, "delete") || !strings.Contains(text, "legal holds") {
		t.Errorf("a policy that knows no holds deletes: %s", text)
	}
	err := (&Options{Retention: Retention{Classes: []Class{{KeepFor: 31 * 24 * time.Hour}}}}).Validate()
	if err == nil || !strings.Contains(err.Error(), "Classes[0].KeepFor is 744h0m0s, want 1m or more, and at most KeepFor") {
		t.Error(err)
	}
}
