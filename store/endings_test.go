package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/journal"
	"github.com/sluicelog/sluice/search"
)

func TestAClosedStoreRewritesNothing(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, nil)
	appendAll(t, first, records(0, 100))
	mustClose(t, first)
	second := open(t, dir, &Options{Sync: SyncAlways})
	appendAll(t, second, records(100, 150))
	if _, err := first.Compact(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Compact: %v", err)
	}
	if _, err := first.Retain(); !errors.Is(err, ErrClosed) {
		t.Errorf("Retain: %v", err)
	}
	if _, err := first.Erase(t.Context(), "user_id", "u_003"); !errors.Is(err, ErrClosed) {
		t.Errorf("Erase: %v", err)
	}
	if diff := cmp.Diff(records(0, 150), contents(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsGoToTheJournalWhileTheStoreWaitsToTidyUp(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir, &Options{Retention: Retention{MaxAge: time.Hour}})
		lock, err := journal.System{}.Lock(filepath.Join(dir, holdsLock), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + time.Second)
		appendAll(t, s, records(0, 1))
		time.Sleep(time.Second)
		if n := s.Stats().Pending; n != 0 {
			t.Errorf("%d records in memory", n)
		}
		if err := lock.Close(); err != nil {
			t.Fatal(err)
		}
		mustClose(t, s)
	})
}

// halve cuts the first segment in dir short and returns what puts it right.
func halve(t *testing.T, dir string) (mend func()) {
	t.Helper()
	spans, _, err := listSpans(journal.System{}, dir)
	if err != nil || len(spans) == 0 {
		t.Fatal(spans, err)
	}
	name := filepath.Join(dir, spans[0].name())
	whole, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, whole[:len(whole)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASegmentThatCannotBeReadStopsNoErasureFromOthers(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &Options{OnError: func(error) {}})
	for i := range 4 {
		appendAll(t, s, records(i*100, (i+1)*100))
		if err := s.sealNow(); err != nil {
			t.Fatal(err)
		}
	}
	mend := halve(t, dir)
	if rec, err := s.Erase(t.Context(), "user_id", "u_003"); err == nil || rec.Records != 30 {
		t.Errorf("%+v, %v, want an error and 30 records gone", rec, err)
	}
	mend()
	if rec, err := s.Erase(t.Context(), "user_id", "u_003"); err != nil || rec.Records != 10 {
		t.Errorf("%+v, %v, want the other 10 gone", rec, err)
	}
}

func TestASegmentThatCouldNotBeOpenedOnceIsOpenedLater(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	appendAll(t, s, records(0, 100))
	mustClose(t, s)
	mend := halve(t, dir)
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, want := range []int{1, 0} {
		snap, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if got := len(snap.Damaged()); got != want {
			t.Errorf("%d damaged segments, want %d", got, want)
		}
		snap.Close()
		mend()
	}
}

func TestAReceiptThatWasTornHidesNoLaterOne(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	appendAll(t, s, records(0, 100))
	if err := os.WriteFile(filepath.Join(dir, receipts), []byte(`{"subject":"s1"}`+"\n"+`{"subj`), 0o600); err != nil {
		t.Fatal(err)
	}
	rec, err := s.EraseQuery(t.Context(), search.MustParse("user_id:u_003"), "s2")
	if err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := r.Receipts()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Receipt{{Subject: "s1"}, rec}, got); diff != "" {
		t.Error(diff)
	}
}
