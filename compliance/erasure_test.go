package compliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

// place is one that has n records, and fails with err.
func place(name string, n int, err error) Place {
	return Place{name, func(_ context.Context, t Task) (Found, error) {
		f := Found{Matched: uint64(n)}
		if err == nil && !t.Dry {
			f.Erased = uint64(n)
		}
		return f, err
	}}
}

func TestAFailureInOnePlaceKeepsNobodyFromTheOthersAndIsRecorded(t *testing.T) {
	dir := t.TempDir()
	trail, log := shop(t, dir)
	ring, err := audit.OpenKeyRing(filepath.Join(dir, "ring"), nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := ring.Token("u_3", "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	e := Erasure{Query: search.MustParse("user_id:u_3"), Reason: "request 7", By: "dpo", Trail: trail, Log: log, Keys: []*audit.KeyRing{ring},
		Places: []Place{place("a", 2, errors.New("disk of u_3 full")), place("b", 3, nil)}}
	r, err := e.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "compliance: a: disk of u_3 full") || r.Complete || r.Erased() != 3+1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r.Found[0].Error != "disk of [SUBJECT] full" {
		t.Errorf("the receipt says %q", r.Found[0].Error)
	}
	if again, err := ring.Token("u_3", "ada@example.com"); err != nil || again == token {
		t.Error("the token can be linked", err)
	}
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := NewReport(t.Context(), &ReportOptions{Audit: filepath.Join(dir, "audit")})
	if err != nil || !report.Audit.Sound || len(report.Erasures) != 1 || report.Erasures[0].ID != r.ID || report.Erasures[0].Complete {
		t.Errorf("%+v, %v", report, err)
	}
	if !strings.Contains(report.Markdown(), "incomplete") {
		t.Error(report.Markdown())
	}
}

func TestAReceiptThatCannotBeRecordedIsAnError(t *testing.T) {
	trail, log := shop(t, t.TempDir())
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := Erasure{Query: search.MustParse("user_id:u_3"), Reason: "request 7", By: "dpo", Log: log, Places: []Place{place("a", 1, nil)}}
	if r, err := e.Run(t.Context()); !errors.Is(err, audit.ErrNotRecorded) || r.Erased() != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	e.Log = slog.New(slog.DiscardHandler) // no audit.Handler in it
	if _, err := e.Run(t.Context()); !errors.Is(err, audit.ErrNotRecorded) {
		t.Error(err)
	}
}

func TestAHoldIsNotLiftedUnrecorded(t *testing.T) {
	dir := t.TempDir()
	trail, log := shop(t, dir)
	logs := filepath.Join(dir, "logs")
	h, err := PlaceHold(t.Context(), logs, store.Hold{Query: search.MustParse("user_id:u_3"), Reason: "case 7", By: "counsel"}, log)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"want who places it": errOf(PlaceHold(t.Context(), logs, store.Hold{Query: h.Query, Reason: "r"}, log)),
		"want a reason":      errOf(PlaceHold(t.Context(), logs, store.Hold{Query: h.Query, By: "b"}, log)),
		"want a query":       errOf(PlaceHold(t.Context(), logs, store.Hold{Reason: "r", By: "b"}, log)),
		"no such hold":       errOf(LiftHold(t.Context(), logs, "x", "b", "r", log)),
		"and why":            errOf(LiftHold(t.Context(), logs, h.ID, "b", "", log)),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q in it", err, what)
		}
	}
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := LiftHold(t.Context(), logs, h.ID, "counsel", "closed", log); !errors.Is(err, audit.ErrNotRecorded) {
		t.Error(err)
	}
	if left, err := store.Holds(logs); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

func errOf(_ store.Hold, err error) error { return err }

// Erase a person from a store, destroy the key under which the audit log has sealed its data, and record the receipt.
func ExampleErasure_Run() {
	err := func() error {
		dir, trail, log, end, err := example()
		if err != nil {
			return err
		}
		defer end()
		e := Erasure{
			Query: search.MustParse("user_id:u_123"), Reason: "request 7", By: "dpo",
			Places: []Place{StoreDir(dir)}, Trail: trail, Log: log,
		}
		receipt, err := e.Run(context.Background())
		if err != nil {
			return err
		}
		for _, p := range receipt.Found {
			fmt.Println(strings.Fields(p.Place)[0], p.Erased, "of", p.Matched)
		}
		fmt.Println("complete:", receipt.Complete, "of u_123:", receipt.Is(receipt.Key, "u_123"))
		return nil
	}()
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// store 2 of 2
	// audit 1 of 1
	// complete: true of u_123: true
}
