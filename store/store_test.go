package store

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRecordsComeBackInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	want := append(records(0, 2500), "plain text", "", "{broken", "tab\there \x00\x01\xff", `{"a":1,"a":2,"b":{"c":[1, 2.50]} }`, record(3))
	s := open(t, dir, &Options{SegmentRecords: 1000})
	appendAll(t, s, want)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error("before Close:", diff)
	}
	mustClose(t, s)
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error("after Close:", diff)
	}
	s = open(t, dir, nil)
	appendAll(t, s, records(0, 5))
	want = append(want, records(0, 5)...)
	mustClose(t, s)
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error("after the second Close:", diff)
	}
}

func TestAfterCloseTheDirectoryHoldsNothingButSegmentsAndAPosition(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	appendAll(t, s, records(0, 1000))
	mustClose(t, s)
	size := int64(0)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			if filepath.Ext(path) != segSuffix || filepath.Base(filepath.Dir(path)) == tailDir {
				size += info.Size()
			}
		}
		return err
	})
	if err != nil || size > 100 {
		t.Errorf("%d bytes beside the segments, %v", size, err)
	}
	if segs, _, err := listSpans(s.fs, dir); err != nil || len(segs) != 1 || segs[0].first != 1 || segs[0].last != 1000 {
		t.Errorf("segments %v, %v", segs, err)
	}
}

func TestThereIsOneWriter(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	if _, err := Open(dir, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("second Open: %v", err)
	}
	mustClose(t, s)
	if err := s.Append([]byte("x")); !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("Append after Close: %v", err)
	}
	if st := s.Stats(); st.Refused != 1 {
		t.Errorf("%+v", st)
	}
	mustClose(t, s)
	mustClose(t, open(t, dir, nil))
}

func TestAReaderFollowsAWriter(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &Options{SegmentRecords: 300, Interval: time.Millisecond})
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const n = 5000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			if err := s.Append([]byte(record(i))); err != nil {
				t.Error(err)
				return
			}
			if i%1000 == 999 {
				if _, err := s.Compact(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	})
	seen := 0
	for seen < n {
		got := readAll(t, r)
		if len(got) < seen {
			t.Fatalf("%d records after %d", len(got), seen)
		}
		for i := seen; i < len(got); i++ {
			if got[i] != record(i) {
				t.Fatalf("record %d is %s", i, got[i])
			}
		}
		seen = len(got)
	}
	wg.Wait()
	mustClose(t, s)
	if got := readAll(t, r); len(got) != n {
		t.Errorf("%d records after Close", len(got))
	}
}

func TestASnapshotStaysReadableWhileTheStoreChanges(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &Options{SegmentRecords: 100})
	want := records(0, 950)
	appendAll(t, s, want)
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if _, err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(t.Context(), "user_id", "u_003"); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	var got []string
	for l, err := range snap.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(l.Text))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCompactionMergesAndKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &Options{SegmentRecords: 500})
	want := records(0, 5000)
	appendAll(t, s, want)
	mustClose(t, s)
	s = open(t, dir, nil)
	r, err := s.Compact(t.Context())
	if err != nil || r.Segments != 10 || r.Records != 0 || r.After >= r.Before {
		t.Errorf("%+v, %v", r, err)
	}
	if st := s.Stats(); st.Segments != 1 || st.Bytes != r.After {
		t.Errorf("%+v", st)
	}
	if again, err := s.Compact(t.Context()); err != nil || again != (Rewritten{}) {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	mustClose(t, s)
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestErasureRemovesASubjectAndLeavesAReceipt(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &Options{SegmentRecords: 1000})
	appendAll(t, s, records(0, 3500)) // the last ones are in the tail
	rec, err := s.Erase(t.Context(), "user_id", "u_003")
	if err != nil || rec.Records != 350 || len(rec.Segments) != 4 || rec.After == 0 {
		t.Errorf("%+v, %v", rec, err)
	}
	num, err := s.Erase(t.Context(), "n", "17")
	if err != nil || num.Records != 1 || len(num.Segments) != 1 {
		t.Errorf("%+v, %v", num, err)
	}
	if none, err := s.Erase(t.Context(), "user_id", "nobody"); err != nil || none.Records != 0 || none.Segments != nil {
		t.Errorf("%+v, %v", none, err)
	}
	var want []string
	for i, l := range records(0, 3500) {
		if i%10 != 3 && i != 17 {
			want = append(want, l)
		}
	}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
	appendAll(t, s, records(4000, 4001))
	mustClose(t, s)
	if diff := cmp.Diff(append(want, record(4000)), contents(t, dir)); diff != "" {
		t.Error(diff)
	}
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !rec.Is(rec.Key, "u_003") || rec.Is(rec.Key, "u_004") || num.Is(rec.Key, "17") {
		t.Error("the receipt is not shown to be of its subject by its key alone")
	}
	rec.Key = "" // it is kept nowhere
	receipts, err := r.Receipts()
	if err != nil || len(receipts) != 3 || cmp.Diff(rec, receipts[0]) != "" {
		t.Errorf("%+v, %v", receipts, err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), `"u_003"`) {
			t.Errorf("%s holds the subject", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRetention(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) // of record 0; 1,000 records take 7 s
	for _, tc := range []struct {
		name string
		ret  Retention
		now  time.Time
		want func(i int) bool
	}{
		{"nothing", Retention{}, start.Add(time.Hour), func(int) bool { return true }},
		{"age", Retention{MaxAge: 10 * time.Second}, start.Add(20 * time.Second), func(i int) bool { return i >= 1000 }},
		{"all", Retention{MaxAge: time.Second}, start.Add(time.Hour), func(int) bool { return false }},
		{"bytes", Retention{MaxBytes: 1}, start, func(int) bool { return false }},
		{"levels", Retention{Levels: map[slog.Level]time.Duration{slog.LevelDebug: 10 * time.Second, slog.LevelError: time.Hour}}, start.Add(20 * time.Second),
			func(i int) bool { return i >= 1000 || i%6 != 0 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, &Options{SegmentRecords: 1000, Retention: tc.ret, now: func() time.Time { return tc.now }})
			appendAll(t, s, records(0, 3000))
			if err := s.sealNow(); err != nil {
				t.Fatal(err)
			}
			r, err := s.Retain()
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i, l := range records(0, 3000) {
				if tc.want(i) {
					want = append(want, l)
				}
			}
			if r.Records != 3000-len(want) {
				t.Errorf("%+v, want %d records removed", r, 3000-len(want))
			}
			if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
				t.Error(diff)
			}
			// The next record is found, whatever is gone.
			appendAll(t, s, []string{"next"})
			mustClose(t, s)
			if diff := cmp.Diff(append(want, "next"), contents(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReportNamesFieldsAndTemplates(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	appendAll(t, s, records(0, 3000))
	if err := s.sealNow(); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	r, err := snap.Report()
	if err != nil {
		t.Fatal(err)
	}
	if r.Records != 3000 || r.Segments != 1 || len(r.Fields) != 5 || r.Stored != s.Stats().Bytes {
		t.Errorf("%+v", r)
	}
	sum := r.Rest
	for _, f := range r.Fields {
		sum += f.Stored
	}
	if sum != r.Stored {
		t.Errorf("the parts are %d bytes of %d", sum, r.Stored)
	}
	if len(r.Templates) != 1 || r.Templates[0].Text != "track \x01 enhanced in \x01 ms" || r.Templates[0].Records != 3000 {
		t.Errorf("%+v", r.Templates)
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	_, err := Open(t.TempDir(), &Options{Sync: "often", SegmentBytes: -1, Retention: Retention{Levels: map[slog.Level]time.Duration{0: 0}}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"Sync often: want interval, always or none", "SegmentBytes -1", "Retention.Levels[INFO] 0s"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

func TestALargeRecordIsRefused(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	if err := s.Append(make([]byte, MaxRecord+1)); err == nil {
		t.Error("accepted")
	}
	if err := s.Append(make([]byte, MaxRecord)); err != nil {
		t.Error(err)
	}
	mustClose(t, s)
}
