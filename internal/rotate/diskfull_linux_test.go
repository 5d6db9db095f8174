package rotate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sluicelog/sluice/internal/childtest"
)

// fill writes records until the file system refuses some, makes room, writes on, and checks that every record of which
// Write said that it was written is a line of its own.
func fill(w *Writer, makeRoom func() error, read func() (string, error)) error {
	var written []string
	failed := 0
	write := func(i int) {
		line := fmt.Sprintf("record %06d %s", i, strings.Repeat("x", 1000+i%97))
		if _, err := w.Write([]byte(line + "\n")); err != nil {
			failed++
			return
		}
		written = append(written, line)
	}
	for i := range 2000 {
		write(i)
	}
	if failed == 0 || len(written) == 0 {
		return fmt.Errorf("%d written, %d failed: the disk was never full", len(written), failed)
	}
	refused := failed
	if err := makeRoom(); err != nil {
		return err
	}
	for i := range 10 {
		write(2000 + i)
	}
	if failed != refused {
		return errors.New("records failed with room on the disk")
	}
	text, err := read()
	if err != nil {
		return err
	}
	lines := make(map[string]bool)
	for l := range strings.Lines(text) {
		lines[strings.TrimSuffix(l, "\n")] = true
	}
	for _, l := range written {
		if !lines[l] {
			return fmt.Errorf("%.20q was written and is no line", l)
		}
	}
	if s := w.Stats(); s.Records != uint64(len(written)) || s.Failed != uint64(failed) {
		return fmt.Errorf("%+v, but %d were written and %d failed", s, len(written), failed)
	}
	return nil
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("needs a file system of its own: mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 200<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "app.log")
	o := quiet()
	w := mustOpen(t, path, o, nil)
	err := fill(w, func() error { return os.Remove(ballast) }, func() (string, error) {
		b, err := os.ReadFile(path)
		return string(b), err
	})
	if err != nil {
		t.Error(err)
	}
	mustClose(t, w)
}

// Where nobody may mount, a limit on the size of files tears lines too.
func TestFileSizeLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	if text, err := childtest.Command(t, "limited", path).CombinedOutput(); err != nil || !bytes.Equal(text, []byte("ok\n")) {
		t.Errorf("%v: %s", err, text)
	}
}

func init() {
	childtest.Register("limited", func(path string) int {
		signal.Ignore(syscall.SIGXFSZ)
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			fmt.Println(err)
			return 1
		}
		limit.Cur = 500_000
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			fmt.Println(err)
			return 1
		}
		o := quiet()
		w, err := Open(path, &o)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		defer w.Close()
		err = fill(w, w.Rotate, func() (string, error) {
			var all strings.Builder
			entries, err := os.ReadDir(filepath.Dir(path))
			for _, e := range entries {
				b, rerr := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
				all.Write(b)
				all.WriteByte('\n') // a full file cannot be ended
				err = errors.Join(err, rerr)
			}
			return all.String(), err
		})
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("ok")
		return 0
	})
}
