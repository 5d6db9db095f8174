//go:build unix

package rotate

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/sluicelog/sluice/internal/childtest"
)

// crashFS kills the process, as kill -9 does, before the n-th operation on the file system that changes something.
type crashFS struct {
	*faultFS
	left    int
	removed chan struct{}
}

func (c *crashFS) SyncDir(name string) error {
	if err := c.ask("syncdir", name); err != nil {
		return err
	}
	return c.osFS.SyncDir(name)
}

func (c *crashFS) Remove(name string) error {
	err := c.faultFS.Remove(name)
	c.removed <- struct{}{}
	return err
}

const (
	crashFiles  = 2
	crashBlocks = 3 // to a file
)

func crashBlock(i, j int) string {
	return strings.Repeat(fmt.Sprintf("record %d %d\n", i, j), 20_000)
}

func init() {
	// The child writes, saying so, and rotates, waiting for each compression to be done, which the removal of the plain file ends.
	childtest.Register("crash", func(path string) int {
		n, _ := strconv.Atoi(os.Getenv("ROTATE_AT"))
		c := &crashFS{newFaultFS(), n, make(chan struct{})}
		w, err := open(path, &Options{Compress: Compression(os.Getenv("ROTATE_COMPRESS")), Sync: SyncNone}, c)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		c.set(func(op, name string) error {
			if op == "stat" || op == "readdir" {
				return nil
			}
			if c.left--; c.left == 0 {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
			return nil
		})
		for i := range crashFiles {
			for j := range crashBlocks {
				if _, err := w.Write([]byte(crashBlock(i, j))); err != nil {
					fmt.Println(err)
					return 1
				}
				fmt.Println("written")
			}
			if err := w.Rotate(); err != nil {
				fmt.Println(err)
				return 1
			}
			<-c.removed
		}
		if err := w.Close(); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("done")
		return 0
	})
}

// Killed before any of its operations, a process leaves nothing that the next Open does not bring to one whole file a
// rotation, plain or compressed, and the records are those that Write took.
func TestKillWhileCompressing(t *testing.T) {
	for _, c := range []Compression{Zstd, Gzip} {
		t.Run(string(c), func(t *testing.T) {
			n := 1
			for dieAt(t, c, n) {
				n++
			}
			if n < 20 {
				t.Errorf("the child had only %d places to die at", n)
			}
		})
	}
}

// dieAt says whether the child was killed, else it had fewer operations.
func dieAt(t *testing.T, c Compression, n int) (killed bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.log")
	cmd := childtest.Command(t, "crash", path, fmt.Sprintf("ROTATE_AT=%d", n), "ROTATE_COMPRESS="+string(c))
	text, err := cmd.Output()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	killed = status.Signaled() && status.Signal() == syscall.SIGKILL
	written := strings.Count(string(text), "written\n")
	if !killed && !strings.HasSuffix(string(text), "done\n") {
		t.Fatalf("child %d: %v %s", n, err, text)
	}
	before := files(t, path)
	synctest.Test(t, func(t *testing.T) {
		w := mustOpen(t, path, Options{Compress: NoCompression}, nil)
		synctest.Wait()
		mustClose(t, w)
	})
	seen := make(map[string]bool)
	for _, name := range files(t, path) {
		stem, _, _ := strings.Cut(name, ".log")
		if seen[stem] || strings.HasSuffix(name, tempSuffix) {
			t.Errorf("killed at %d it left %v, now %v", n, before, files(t, path))
		}
		seen[stem] = true
	}
	var want strings.Builder
	for i := range crashFiles {
		for j := range crashBlocks {
			want.WriteString(crashBlock(i, j))
		}
	}
	all := strings.Join(contents(t, path), "")
	if !strings.HasPrefix(want.String(), all) || len(all) != written*len(crashBlock(0, 0)) {
		t.Errorf("killed at %d it left %v: records are lost or out of order", n, before)
	}
	return killed
}
