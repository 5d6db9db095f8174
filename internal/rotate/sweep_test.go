package rotate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCompression(t *testing.T) {
	for c, suffix := range map[Compression]string{"": ".zst", Zstd: ".zst", Gzip: ".gz", NoCompression: ""} {
		t.Run(string(c), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "app.log")
				w := mustOpen(t, path, Options{Compress: c}, nil)
				text := strings.Repeat("the same line again\n", 10_000)
				put(t, w, text)
				if err := w.Rotate(); err != nil {
					t.Fatal(err)
				}
				put(t, w, "new\n")
				synctest.Wait()
				want := []string{"app-2000-01-01T00-00-00.000.log" + suffix, "app.log"}
				if diff := cmp.Diff(want, files(t, path)); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff([]string{text, "new\n"}, contents(t, path)); diff != "" {
					t.Error("content differs")
				}
				info, err := os.Stat(filepath.Join(filepath.Dir(path), want[0]))
				if err != nil {
					t.Fatal(err)
				}
				if small := info.Size() < int64(len(text))/50; small != (suffix != "") {
					t.Errorf("%d bytes of %d", info.Size(), len(text))
				}
				if info.Mode().Perm()&0o077 != 0 {
					t.Errorf("mode %v", info.Mode())
				}
			})
		})
	}
}

// turn rotates n times, a second apart, with a record of size bytes each.
func turn(t *testing.T, w *Writer, n, size int) {
	t.Helper()
	for i := range n {
		put(t, w, fmt.Sprintf("%0*d\n", size-1, i))
		if err := w.Rotate(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
	}
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		o     Options
		later time.Duration
		want  int // rotated files of 10, each of 100 bytes
	}{
		{"none", Options{}, 2 * time.Hour, 10},
		{"files", Options{MaxFiles: 3}, 0, 3},
		{"bytes", Options{MaxBytes: 100, MaxTotalBytes: 550}, 0, 4},
		{"bytes with nothing to spare", Options{MaxBytes: 100, MaxTotalBytes: 100}, 0, 0},
		{"bytes without a bound for one file", Options{MaxBytes: -1, MaxTotalBytes: 550}, 0, 5},
		{"age, not yet", Options{Keep: time.Hour}, 50 * time.Minute, 10},
		{"age, without another rotation", Options{Keep: time.Hour}, 62 * time.Minute, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "app.log")
				foreign := filepath.Join(filepath.Dir(path), "app-2000-01-01.log")
				if err := os.WriteFile(foreign, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				tt.o.Compress = NoCompression
				w := mustOpen(t, path, tt.o, nil)
				turn(t, w, 10, 100)
				time.Sleep(tt.later)
				synctest.Wait()
				all := contents(t, path)
				rotated := all[1 : len(all)-1] // between the foreign file and the active one
				if len(rotated) != tt.want || w.Stats().Removed != uint64(10-tt.want) {
					t.Fatalf("%d are left, %+v", len(rotated), w.Stats())
				}
				for i, text := range rotated { // the latest are
					if want := fmt.Sprintf("%099d\n", 10-tt.want+i); text != want {
						t.Errorf("file %d: %q", i, text)
					}
				}
				if _, err := os.Stat(foreign); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestBytesBudgetCountsCompressedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.log")
		w := mustOpen(t, path, Options{MaxBytes: 100_000, MaxTotalBytes: 200_000}, nil)
		turn(t, w, 10, 90_000)
		if s := w.Stats(); s.Compressed != 10 || s.Removed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhatACrashLeftIsCleared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.log")
		dir := filepath.Dir(path)
		const stem = "app-1999-12-31T23-00-0"
		w := mustOpen(t, path, Options{Compress: Gzip}, nil)
		for i := range 4 {
			if err := os.WriteFile(filepath.Join(dir, stem+fmt.Sprint(i)+".000.log"), []byte("record\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.wake()
		synctest.Wait()
		mustClose(t, w) // which makes four .gz of four plain files
		for name, text := range map[string]string{
			stem + "0.000.log":         "record\n",   // crash before the plain file was removed
			stem + "1.000.log":         "record\n\n", // the other one is not of this file
			stem + "2.000.log.zst.tmp": "half",
			stem + "5.000.log.gz.tmp":  "half",
			stem + "6.000.log":         "record\n", // crash before compression, and somebody's half file
			stem + "6.000.log.gz":      "half",
			"other.zst.tmp":            "foreign",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w = mustOpen(t, path, Options{Compress: Gzip}, nil)
		synctest.Wait()
		mustClose(t, w)
		want := []string{
			stem + "0.000.log.gz", stem + "1.000.log.gz", stem + "2.000.log.gz", stem + "3.000.log.gz", stem + "6.000.log.gz", "other.zst.tmp", "app.log",
		}
		if diff := cmp.Diff(want, files(t, path)); diff != "" {
			t.Fatal(diff)
		}
		for i, want := range []string{"record\n", "record\n\n", "record\n", "record\n", "record\n"} {
			if got := contents(t, path)[i]; got != want {
				t.Errorf("%d: %q, want %q", i, got, want)
			}
		}
	})
}

func TestFailedCompressionKeepsThePlainFile(t *testing.T) {
	for _, tt := range []struct{ op, part string }{{"open", ".tmp"}, {"write", ".tmp"}, {"sync", ".tmp"}, {"rename", ".tmp"}} {
		t.Run(tt.op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "app.log")
				ffs := newFaultFS()
				ffs.set(failing(tt.op, tt.part))
				var log errorLog
				w := mustOpen(t, path, Options{OnError: log.add}, ffs)
				turn(t, w, 1, 100)
				want := []string{"app-2000-01-01T00-00-00.000.log", "app.log"}
				if diff := cmp.Diff(want, files(t, path)); diff != "" || !log.has(errInjected) {
					t.Error(diff, log.errs)
				}
				ffs.set(nil)
				time.Sleep(time.Minute) // the next look
				synctest.Wait()
				want[0] += ".zst"
				if diff := cmp.Diff(want, files(t, path)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestCloseBreaksCompressionOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	ffs := newFaultFS()
	started, proceed := make(chan struct{}), make(chan struct{})
	ffs.set(func(op, name string) error {
		if op == "open" && strings.HasSuffix(name, ".tmp") {
			close(started)
			<-proceed
		}
		return nil
	})
	w := mustOpen(t, path, Options{}, ffs)
	put(t, w, strings.Repeat("x", 1<<20)+"\n")
	if err := w.Rotate(); err != nil {
		t.Fatal(err)
	}
	<-started
	closed := make(chan error)
	go func() { closed <- w.Close() }()
	<-w.stop
	close(proceed)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if got := files(t, path); len(got) != 2 || !strings.HasSuffix(got[0], ".log") {
		t.Errorf("%v", got)
	}
	ffs.set(nil)
	if w.Stats().Errors != 0 {
		t.Errorf("%+v", w.Stats())
	}
}

func TestSweepErrorsAreTold(t *testing.T) {
	for _, op := range []string{"readdir", "remove"} {
		synctest.Test(t, func(t *testing.T) {
			ffs := newFaultFS()
			var log errorLog
			w := mustOpen(t, filepath.Join(t.TempDir(), "app.log"), Options{MaxFiles: 1, Compress: NoCompression, OnError: log.add}, ffs)
			turn(t, w, 1, 10)
			ffs.set(failing(op, ""))
			turn(t, w, 1, 10)
			if !log.has(errInjected) {
				t.Errorf("%s: told %v", op, errors.Join(log.errs...))
			}
		})
	}
}
