package store

import (
	"fmt"
	"log/slog"
	"testing"
	"time"
)

// manyForms appends objects of more forms than a segment has room for, each with a date and a level in a text before its own.
func manyForms(t *testing.T, s *Store, at time.Time, n int) {
	t.Helper()
	for i := range n {
		line := fmt.Appendf(nil, `{"only_%d":%d,"note":"ERROR since 2019-04-05T06:07:08Z","time":%q,"level":"DEBUG","msg":"m"}`, i, i, at.Add(time.Duration(i)*time.Millisecond).Format(time.RFC3339Nano))
		if err := s.Append(line); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRetentionGoesByWhatObjectsOfRareFormsSayNotByTheirText(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for name, ret := range map[string]Retention{
		"by age":   {MaxAge: 30 * 24 * time.Hour},
		"by level": {Levels: map[slog.Level]time.Duration{slog.LevelError: time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.TempDir(), &Options{Retention: ret, CompactAfter: -1, SegmentAge: -1, now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close(t.Context())
			const n = 6000
			manyForms(t, s, now.Add(-time.Hour), n)
			if err := s.sealNow(); err != nil {
				t.Fatal(err)
			}
			if r, err := s.Retain(); err != nil || r.Records != 0 {
				t.Errorf("%+v, %v: records of an hour ago and another level are removed", r, err)
			}
			snap, err := s.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			defer snap.Close()
			if snap.Len() != n {
				t.Errorf("%d records, want %d", snap.Len(), n)
			}
			from, to := snap.segs[0].seg.TimeRange()
			if want := now.Add(-time.Hour); from != want.UnixNano() || to != want.Add((n-1)*time.Millisecond).UnixNano() {
				t.Errorf("the segment is from %v to %v, want from %v on", time.Unix(0, from).UTC(), time.Unix(0, to).UTC(), want)
			}
		})
	}
	t.Run("what they say is removed", func(t *testing.T) {
		s, err := Open(t.TempDir(), &Options{Retention: Retention{Levels: map[slog.Level]time.Duration{slog.LevelDebug: time.Minute}}, CompactAfter: -1, SegmentAge: -1, now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(t.Context())
		manyForms(t, s, now.Add(-time.Hour), 5000)
		if err := s.sealNow(); err != nil {
			t.Fatal(err)
		}
		if r, err := s.Retain(); err != nil || r.Records != 5000 {
			t.Errorf("%+v, %v: want 5,000 records removed", r, err)
		}
	})
}
