package rotate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRecordsAreNeverSplit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	o := quiet()
	o.MaxBytes = 10
	w := mustOpen(t, path, o, nil)
	put(t, w, "1234\n", "5678\n", "abcd\n", "ef\n", "gh\n", "a record of its own\n", "x\n", "y\n")
	mustClose(t, w)
	want := []string{"1234\n5678\n", "abcd\nef\n", "gh\n", "a record of its own\n", "x\ny\n"}
	if diff := cmp.Diff(want, contents(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteAfterCloseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	w := mustOpen(t, path, quiet(), nil)
	put(t, w, "a\n")
	mustClose(t, w)
	n, err := w.Write([]byte("b\n"))
	for what, err := range map[string]error{"Write": err, "Rotate": w.Rotate(), "Reopen": w.Reopen(), "Sync": w.Sync()} {
		if !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n != 0 || content(t, path) != "a\n" {
		t.Errorf("%d bytes written: %q", n, content(t, path))
	}
	mustClose(t, w) // a second time
}

func TestT16_CloseWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	o := quiet()
	o.MaxBytes, o.MaxTotalBytes = 1000, -1
	w := mustOpen(t, path, o, nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	written := 0
	started := make(chan struct{}, 8)
	for range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				if _, err := w.Write([]byte("0123456789\n")); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				written++
				mu.Unlock()
				if i == 100 {
					started <- struct{}{}
				}
			}
		})
	}
	for range 8 {
		<-started
	}
	wg.Go(func() { mustClose(t, w) })
	mustClose(t, w)
	wg.Wait()
	all := strings.Join(contents(t, path), "")
	if got := strings.Count(all, "0123456789\n"); got != written || len(all) != 11*written {
		t.Errorf("%d records in the files, %d written", got, written)
	}
	if s := w.Stats(); s.Records != uint64(written) || s.Bytes != uint64(11*written) || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}

func TestT15_RecordIsNotKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	w := mustOpen(t, path, quiet(), nil)
	p := []byte("before\n")
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	copy(p, "after!\n")
	mustClose(t, w)
	if got := content(t, path); got != "before\n" {
		t.Error(got)
	}
}

func TestTornLineIsTerminatedFirst(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, path string)
		want []string
	}{
		{"short write", func(t *testing.T, path string) {
			ffs := newFaultFS()
			w := mustOpen(t, path, quiet(), ffs)
			put(t, w, "one\n")
			ffs.setRoom(2)
			if n, err := w.Write([]byte("two\n")); n != 2 || !errors.Is(err, errInjected) {
				t.Errorf("%d, %v", n, err)
			}
			if n, err := w.Write([]byte("two\n")); n != 0 || !errors.Is(err, errInjected) {
				t.Errorf("%d, %v", n, err)
			}
			ffs.setRoom(-1)
			put(t, w, "three\n", "four\n")
			if s := w.Stats(); s.Records != 3 || s.Failed != 2 {
				t.Errorf("%+v", s)
			}
		}, []string{"one\ntw\nthree\nfour\n"}},
		{"crash of the process before", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("one\ntw"), 0o600); err != nil {
				t.Fatal(err)
			}
			put(t, mustOpen(t, path, quiet(), nil), "three\n")
		}, []string{"one\ntw\nthree\n"}},
		{"record without newline", func(t *testing.T, path string) {
			w := mustOpen(t, path, quiet(), nil)
			put(t, w, "one", "two\n", "three")
			mustClose(t, w)
		}, []string{"one\ntwo\nthree\n"}},
		{"rotation of a torn file", func(t *testing.T, path string) {
			w := mustOpen(t, path, quiet(), nil)
			put(t, w, "one")
			if err := w.Rotate(); err != nil {
				t.Error(err)
			}
			put(t, w, "two\n")
		}, []string{"one\n", "two\n"}},
		{"reopening of a torn file", func(t *testing.T, path string) {
			w := mustOpen(t, path, quiet(), nil)
			put(t, w, "one")
			if err := w.Reopen(); err != nil {
				t.Error(err)
			}
			put(t, w, "two\n")
		}, []string{"one\ntwo\n"}},
		{"the newline counts", func(t *testing.T, path string) {
			o := quiet()
			o.MaxBytes = 8
			w := mustOpen(t, path, o, nil)
			put(t, w, "one", "two\n\n", "three\n")
		}, []string{"one\n", "two\n\n", "three\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.log")
			tt.run(t, path)
			if diff := cmp.Diff(tt.want, contents(t, path)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever another program does to the file, a second later records are where they are looked for.
func TestForeignChangesAreNoticed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		foreign func(path string) error
		want    []string // without what was removed
	}{
		{"removed", os.Remove, []string{"after\n"}},
		{"renamed", func(path string) error { return os.Rename(path, path+".1") }, []string{"before\n", "after\n"}},
		{"renamed and created anew", func(path string) error {
			return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, nil, 0o600))
		}, []string{"before\n", "after\n"}},
		{"renamed and torn anew", func(path string) error {
			return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, []byte("x"), 0o600))
		}, []string{"before\n", "x\nafter\n"}},
		{"truncated", func(path string) error { return os.Truncate(path, 0) }, []string{"after\n"}},
		{"truncated in a line", func(path string) error { return os.Truncate(path, 3) }, []string{"bef\nafter\n"}},
		{"directory removed", func(path string) error { return os.RemoveAll(filepath.Dir(path)) }, []string{"after\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "logs", "app.log")
				w := mustOpen(t, path, quiet(), nil)
				put(t, w, "before\n")
				synctest.Wait()
				if err := tt.foreign(path); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				put(t, w, "after\n")
				if s := w.Stats(); s.Reopens != 1 || s.Errors != 0 {
					t.Errorf("%+v", s)
				}
				mustClose(t, w)
				if diff := cmp.Diff(tt.want, contents(t, path)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestUntouchedFileIsNotReopened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.log")
		w := mustOpen(t, path, quiet(), nil)
		for range 100 {
			put(t, w, "record\n")
			time.Sleep(time.Second)
		}
		if s := w.Stats(); s.Reopens != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestGrowthByOthersCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.log")
		o := quiet()
		o.MaxBytes = 10
		w := mustOpen(t, path, o, nil)
		put(t, w, "123\n")
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("others\n"); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		time.Sleep(time.Second)
		synctest.Wait()
		put(t, w, "456\n")
		mustClose(t, w)
		if diff := cmp.Diff([]string{"123\nothers\n", "456\n"}, contents(t, path)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReopenAfterLogrotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	w := mustOpen(t, path, quiet(), nil)
	put(t, w, "old\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Reopen(); err != nil {
		t.Fatal(err)
	}
	put(t, w, "new\n")
	if diff := cmp.Diff([]string{"old\n", "new\n"}, contents(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestOnErrorMayLogToTheWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	ffs := newFaultFS()
	var w *Writer
	o := quiet()
	o.MaxBytes, o.CheckEvery = 8, time.Hour
	o.OnError = func(err error) {
		if _, werr := w.Write([]byte("told\n")); werr != nil {
			t.Error(werr)
		}
	}
	w = mustOpen(t, path, o, ffs)
	put(t, w, "12345\n")
	ffs.set(failing("rename", ""))
	put(t, w, "second\n")
	mustClose(t, w)
	if diff := cmp.Diff([]string{"12345\nsecond\ntold\n"}, contents(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestSyncPolicies(t *testing.T) {
	for _, tt := range []struct {
		policy                           SyncPolicy
		afterWrite, afterSecond, atClose int
	}{
		{SyncAlways, 1, 1, 2}, {SyncInterval, 0, 1, 2}, {"", 0, 1, 2}, {SyncNone, 0, 0, 0},
	} {
		t.Run("policy "+string(tt.policy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "app.log")
				ffs := newFaultFS()
				syncs := 0
				ffs.set(func(op, name string) error {
					if op == "sync" && name == path {
						syncs++
					}
					return nil
				})
				count := func(when string, want int) {
					t.Helper()
					synctest.Wait()
					ffs.mu.Lock()
					defer ffs.mu.Unlock()
					if syncs != want {
						t.Errorf("%s: %d syncs, want %d", when, syncs, want)
					}
				}
				w := mustOpen(t, path, Options{Sync: tt.policy}, ffs)
				put(t, w, "a\n")
				count("after Write", tt.afterWrite)
				time.Sleep(10 * time.Second)
				count("later", tt.afterSecond)
				mustClose(t, w)
				count("after Close", tt.atClose)
			})
		})
	}
}

func TestFailedSyncIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ffs := newFaultFS()
		var log errorLog
		w := mustOpen(t, filepath.Join(t.TempDir(), "always.log"), Options{Sync: SyncAlways}, ffs)
		v := mustOpen(t, filepath.Join(t.TempDir(), "interval.log"), Options{OnError: log.add}, ffs)
		put(t, w, "a\n")
		put(t, v, "a\n")
		ffs.set(failing("sync", ".log"))
		if _, err := w.Write([]byte("b\n")); !errors.Is(err, errInjected) || w.Stats().Failed != 1 {
			t.Errorf("%v, %+v", err, w.Stats())
		}
		if err := w.Sync(); !errors.Is(err, errInjected) {
			t.Errorf("Sync: %v", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !log.has(errInjected) {
			t.Error("OnError was told nothing")
		}
		if err := v.Close(); !errors.Is(err, errInjected) || !errors.Is(v.Close(), errInjected) {
			t.Errorf("Close: %v", err)
		}
		ffs.set(nil)
		mustClose(t, w)
	})
}

func TestPermissions(t *testing.T) {
	for perm, want := range map[os.FileMode]os.FileMode{0: 0o600, 0o640: 0o640} {
		path := filepath.Join(t.TempDir(), "deep", "down", "app.log")
		o := quiet()
		o.Perm = perm
		mustClose(t, mustOpen(t, path, o, nil))
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got&^want != 0 || got&0o600 != 0o600 { // umask may take some away
			t.Errorf("Perm %#o: %#o", perm, got)
		}
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, os.DevNull} {
		if _, err := Open(path, nil); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Stat(os.DevNull + ".lock"); err == nil {
		t.Error("a lock beside a device")
	}
	ffs := newFaultFS()
	ffs.set(failing("open", "app.log"))
	path := filepath.Join(dir, "app.log")
	if _, err := open(path, nil, ffs); !errors.Is(err, errInjected) {
		t.Error(err)
	}
	mustClose(t, mustOpen(t, path, Options{}, nil)) // the lock was given back
}
