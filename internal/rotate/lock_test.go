//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package rotate

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice/internal/childtest"
)

func init() {
	childtest.Register("open", func(path string) int {
		w, err := Open(path, nil)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("open")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until the parent lets go
		_ = w.Close()
		return 0
	})
}

func TestOtherProcessesAreToldThatTheLockIsHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	holder := childtest.Command(t, "open", path)
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
		t.Fatalf("the first says %q", line)
	}
	for range 4 {
		text, err := childtest.Command(t, "open", path).Output()
		want := fmt.Sprintf("rotate: %s: another writer has it (process %d)\n", path, holder.Process.Pid)
		if err == nil || string(text) != want {
			t.Errorf("%q, %v; want %q", text, err, want)
		}
	}
	_ = in.Close()
	if err := holder.Wait(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, path, quiet(), nil)
}

func TestSecondWriterOfThisProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	w := mustOpen(t, path, quiet(), nil)
	if _, err := Open(path, nil); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	mustClose(t, w)
	mustOpen(t, path, quiet(), nil)
}

func TestRemovedLockIsTakenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.log")
		o := quiet()
		o.MaxAge = time.Hour
		w := mustOpen(t, path, o, nil)
		put(t, w, "a\n")
		if err := os.Remove(path + lockSuffix); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if _, err := Open(path, nil); !errors.Is(err, ErrLocked) {
			t.Fatal(err)
		}
		if _, born := w.lock.read(); !born.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("born %v", born)
		}
	})
}
