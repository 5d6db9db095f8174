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

func TestNamesSortByTimeAndNeverCollide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock stands still
		path := filepath.Join(t.TempDir(), "app.log")
		// Another program's compressed file has the name that comes second.
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "app-2000-01-01T00-00-00.001.log.gz"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		o := quiet()
		w := mustOpen(t, path, o, nil)
		for i := range 3 {
			put(t, w, fmt.Sprintln(i))
			if err := w.Rotate(); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, w)
		w = mustOpen(t, path, o, nil) // which knows the latest stamp
		put(t, w, "3\n")
		if err := w.Rotate(); err != nil {
			t.Fatal(err)
		}
		mustClose(t, w)
		want := []string{
			"app-2000-01-01T00-00-00.001.log.gz", "app-2000-01-01T00-00-00.002.log", "app-2000-01-01T00-00-00.003.log",
			"app-2000-01-01T00-00-00.004.log", "app-2000-01-01T00-00-00.005.log", "app.log",
		}
		got := files(t, path)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		for i, name := range got[1:5] {
			if text := content(t, filepath.Join(filepath.Dir(path), name)); text != fmt.Sprintln(i) {
				t.Errorf("%s has %q, want %d", name, text, i)
			}
		}
	})
}

func TestNamesOfFilesThatAreGoneOrCompressedAreNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock stands still
		path := filepath.Join(t.TempDir(), "app.log")
		dir := filepath.Dir(path)
		w := mustOpen(t, path, quiet(), nil)
		rotate := func(text, want string) {
			t.Helper()
			put(t, w, text)
			if err := w.Rotate(); err != nil {
				t.Fatal(err)
			}
			if got := content(t, filepath.Join(dir, want)); got != text {
				t.Errorf("%s: %q", want, got)
			}
		}
		// Compressed by hand since Open.
		if err := os.WriteFile(filepath.Join(dir, "app-2000-01-01T00-00-00.000.log.zst"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		rotate("a\n", "app-2000-01-01T00-00-00.001.log")
		if err := os.Remove(filepath.Join(dir, "app-2000-01-01T00-00-00.001.log")); err != nil {
			t.Fatal(err)
		}
		rotate("b\n", "app-2000-01-01T00-00-00.002.log")
	})
}

func TestEmptyFileIsNotRotated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	w := mustOpen(t, path, quiet(), nil)
	if err := w.Rotate(); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write(nil); n != 0 || err != nil {
		t.Error(n, err)
	}
	mustClose(t, w)
	if diff := cmp.Diff([]string{""}, contents(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestFailedRotationLosesNothing(t *testing.T) {
	for _, tt := range []struct{ op, part string }{{"rename", "app.log"}, {"open", "app.log"}, {"stat", "app-2"}} {
		t.Run(tt.op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "app.log")
				ffs := newFaultFS()
				var log errorLog
				o := quiet()
				o.MaxBytes, o.CheckEvery, o.OnError = 8, time.Hour, log.add
				w := mustOpen(t, path, o, ffs)
				put(t, w, "12345\n")
				synctest.Wait()
				ffs.set(failing(tt.op, tt.part))
				put(t, w, "second\n", "third\n")
				if err := w.Rotate(); !errors.Is(err, errInjected) {
					t.Errorf("Rotate: %v", err)
				}
				synctest.Wait()
				if diff := cmp.Diff([]string{"12345\nsecond\nthird\n"}, contents(t, path)); diff != "" || files(t, path)[0] != "app.log" {
					t.Error(diff, files(t, path))
				}
				if !log.has(errInjected) || w.Stats().Errors != 1 {
					t.Errorf("OnError was told %v", log.errs)
				}
				ffs.set(nil)
				time.Sleep(2 * time.Hour)
				put(t, w, "fourth\n")
				mustClose(t, w)
				want := []string{"12345\nsecond\nthird\n", "fourth\n"}
				if diff := cmp.Diff(want, contents(t, path)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// The worst rotation: the file was moved, a new one cannot be opened, and moving it back fails too. The file that is written
// has the name of a rotated one then, which neither compression nor age may touch.
func TestRotationThatFailsHalfWayLosesNothing(t *testing.T) {
	for name, o := range map[string]Options{"compression": {}, "age": {Keep: time.Second, Compress: NoCompression}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "app.log")
				ffs := newFaultFS()
				var log errorLog
				o.MaxBytes, o.OnError = 8, log.add
				w := mustOpen(t, path, o, ffs)
				put(t, w, "12345\n")
				synctest.Wait()
				ffs.set(func(op, name string) error {
					if op == "open" && name == path || op == "rename" && strings.HasSuffix(name, ".000.log") {
						return errInjected
					}
					return nil
				})
				put(t, w, "second\n")
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				put(t, w, "third\n")
				if diff := cmp.Diff([]string{"12345\nsecond\nthird\n"}, contents(t, path)); diff != "" || !log.has(errInjected) {
					t.Error(diff, files(t, path))
				}
				ffs.set(nil)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				put(t, w, "fourth\n")
				mustClose(t, w)
				if got := content(t, path); got != "fourth\n" {
					t.Errorf("after recovery %q", got)
				}
			})
		})
	}
}
