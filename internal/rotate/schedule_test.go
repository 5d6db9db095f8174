package rotate

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNextRotation(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct {
		name       string
		o          Options
		born, want string
	}{
		{"never", Options{}, "2026-01-02 10:20:30", ""},
		{"age", Options{MaxAge: 90 * time.Minute}, "2026-01-02 10:20:30", "2026-01-02 11:50:30"},
		{"full hour", Options{Interval: time.Hour}, "2026-01-02 10:20:30", "2026-01-02 11:00:00"},
		{"on the boundary", Options{Interval: time.Hour}, "2026-01-02 10:00:00", "2026-01-02 11:00:00"},
		{"daily", Options{Interval: 24 * time.Hour}, "2026-01-02 10:20:30", "2026-01-03 00:00:00"},
		{"midnight of the month's end", Options{Interval: 24 * time.Hour}, "2026-01-31 23:59:59", "2026-02-01 00:00:00"},
		{"interval that does not divide the day", Options{Interval: 7 * time.Hour}, "2026-01-02 22:00:00", "2026-01-03 00:00:00"},
		{"time of the day to come", Options{At: []string{"06:00", "18:30:15"}}, "2026-01-02 10:20:30", "2026-01-02 18:30:15"},
		{"time of the next day", Options{At: []string{"06:00", "09:00"}}, "2026-01-02 10:20:30", "2026-01-03 06:00:00"},
		{"the earliest counts", Options{At: []string{"12:00"}, Interval: 6 * time.Hour, MaxAge: time.Hour}, "2026-01-02 10:20:30", "2026-01-02 11:20:30"},
		{"day of 23 hours", Options{Interval: 24 * time.Hour}, "2026-03-29 01:30:00", "2026-03-30 00:00:00"},
		{"day of 25 hours", Options{Interval: 24 * time.Hour}, "2026-10-25 00:30:00", "2026-10-26 00:00:00"},
		{"hour of a day of 25 hours", Options{Interval: 6 * time.Hour}, "2026-10-25 04:30:00", "2026-10-25 06:00:00"},
		{"hour that does not exist", Options{Interval: time.Hour}, "2026-03-29 01:30:00", "2026-03-29 03:00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Location = berlin
			if err := tt.o.Validate(); err != nil {
				t.Fatal(err)
			}
			born, err := time.ParseInLocation(time.DateTime, tt.born, berlin)
			if err != nil {
				t.Fatal(err)
			}
			next := newSchedule(&tt.o).next(born)
			got := ""
			if !next.IsZero() {
				got = next.In(berlin).Format(time.DateTime)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTheHourThatComesTwiceIsRotatedTwice(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct {
		every      time.Duration
		born, want string
	}{
		{15 * time.Minute, "2026-10-25T02:10:00+02:00", "2026-10-25T02:15:00+02:00"},
		{15 * time.Minute, "2026-10-25T02:50:00+02:00", "2026-10-25T02:00:00+01:00"},
		{15 * time.Minute, "2026-10-25T02:10:00+01:00", "2026-10-25T02:15:00+01:00"},
		{time.Hour, "2026-10-25T02:10:00+02:00", "2026-10-25T02:00:00+01:00"},
		{time.Hour, "2026-10-25T02:10:00+01:00", "2026-10-25T03:00:00+01:00"},
		{6 * time.Hour, "2026-10-25T00:30:00+02:00", "2026-10-25T06:00:00+01:00"},
		{6 * time.Hour, "2026-10-25T02:30:00+01:00", "2026-10-25T06:00:00+01:00"},
		{6 * time.Hour, "2026-03-29T00:30:00+01:00", "2026-03-29T06:00:00+02:00"},
	} {
		born, err := time.Parse(time.RFC3339, tt.born)
		if err != nil {
			t.Fatal(err)
		}
		next := newSchedule(&Options{Interval: tt.every, Location: berlin}).next(born)
		if got := next.In(berlin).Format(time.RFC3339); got != tt.want {
			t.Errorf("every %v, born %s: got %s, want %s", tt.every, tt.born, got, tt.want)
		}
	}
}

func TestRotationByTime(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
	}{
		{"age", Options{MaxAge: time.Hour}},
		{"interval", Options{Interval: time.Hour, Location: time.UTC}},
		{"clock", Options{At: []string{"01:00", "02:00", "03:00"}, Location: time.UTC}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // from midnight UTC
				path := filepath.Join(t.TempDir(), "app.log")
				o := tt.o
				o.Compress, o.Sync = NoCompression, SyncNone
				w := mustOpen(t, path, o, nil)
				put(t, w, "1\n")
				time.Sleep(59 * time.Minute)
				put(t, w, "2\n")
				time.Sleep(time.Minute)
				put(t, w, "3\n") // at the boundary itself, before any check
				mustClose(t, w)
				if diff := cmp.Diff([]string{"1\n2\n", "3\n"}, contents(t, path)); diff != "" {
					t.Error(diff)
				}

				// What was born before a restart is rotated at its own time, idle or not.
				time.Sleep(30 * time.Minute)
				w = mustOpen(t, path, o, nil)
				time.Sleep(31 * time.Minute)
				synctest.Wait()
				if diff := cmp.Diff([]string{"1\n2\n", "3\n", ""}, contents(t, path)); diff != "" {
					t.Error(diff)
				}
				// And an empty file is not rotated, however old.
				time.Sleep(4 * time.Hour)
				synctest.Wait()
				put(t, w, "4\n")
				mustClose(t, w)
				if diff := cmp.Diff([]string{"1\n2\n", "3\n", "4\n"}, contents(t, path)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A file whose birth the lock file does not tell, or not so that it can be true, is as old as its last change.
func TestBirthAfterRestart(t *testing.T) {
	dir := t.TempDir()
	for name, lock := range map[string]string{
		"none": "", "garbage": "pid x\nborn y\n", "before the last change": "pid 1\nborn 2001-01-01T00:00:00Z\n",
		"after the last change": "pid 1\nborn " + time.Now().Add(-time.Hour).Format(time.RFC3339) + "\n",
		"in the future":         "pid 1\nborn 2999-01-01T00:00:00Z\n",
	} {
		path := filepath.Join(dir, name+".log")
		if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if lock != "" {
			if err := os.WriteFile(path+".lock", []byte(lock), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		modified := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
		o := quiet()
		o.MaxAge, o.CheckEvery = 3*time.Hour, time.Hour
		w := mustOpen(t, path, o, nil)
		want := modified.Add(3 * time.Hour)
		if name == "before the last change" {
			want = time.Date(2001, 1, 1, 3, 0, 0, 0, time.UTC)
		}
		w.mu.Lock()
		due := w.due
		w.mu.Unlock()
		if d := due.Sub(want); d < -time.Second || d > time.Second {
			t.Errorf("%s: due %v, want %v", name, due, want)
		}
	}
}

func TestReopenKeepsTheAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.log")
		o := quiet()
		o.MaxAge = time.Hour
		w := mustOpen(t, path, o, nil)
		put(t, w, "old\n")
		time.Sleep(30 * time.Minute)
		if err := w.Reopen(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		put(t, w, "new\n")
		if diff := cmp.Diff([]string{"old\n", "new\n"}, contents(t, path)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFileFromTheFutureIsBornNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in the year 2000, so the file is from the future
		path := filepath.Join(t.TempDir(), "app.log")
		if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		o := quiet()
		o.MaxAge = time.Hour
		w := mustOpen(t, path, o, nil)
		time.Sleep(time.Hour)
		put(t, w, "new\n")
		if diff := cmp.Diff([]string{"old\n", "new\n"}, contents(t, path)); diff != "" {
			t.Error(diff)
		}
	})
}
