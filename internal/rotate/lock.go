package rotate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/sluicelog/sluice/internal/filelock"
)

// ErrLocked is the error of Open when the file has a writer already.
var ErrLocked = errors.New("another writer has it")

// lockFile is held by the writer of a file. It says who that is and since when the active file has been written.
type lockFile struct{ f *os.File }

const lockSuffix = ".lock"

const lockFormat = "pid %d\nborn %s\n"

func takeLock(path string, perm os.FileMode) (*lockFile, error) {
	name := path + lockSuffix
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, perm)
	if err != nil {
		return nil, err
	}
	if err := filelock.Lock(f); err != nil {
		pid, _ := (&lockFile{f}).read()
		_ = f.Close()
		if errors.Is(err, filelock.ErrHeld) {
			err = ErrLocked
			if pid != 0 {
				return nil, fmt.Errorf("rotate: %s: %w (process %d)", path, ErrLocked, pid)
			}
		}
		return nil, fmt.Errorf("rotate: %s: %w", name, err)
	}
	return &lockFile{f}, nil
}

// read returns what the file says, zero values where it says nothing that can be read.
func (l *lockFile) read() (pid int, born time.Time) {
	var text [128]byte
	n, _ := l.f.ReadAt(text[:], 0)
	var at string
	_, _ = fmt.Sscanf(string(text[:n]), lockFormat, &pid, &at)
	born, _ = time.Parse(time.RFC3339Nano, at)
	return pid, born
}

func (l *lockFile) write(born time.Time) error {
	text := fmt.Sprintf(lockFormat, os.Getpid(), born.UTC().Format(time.RFC3339Nano))
	if _, err := l.f.WriteAt([]byte(text), 0); err != nil {
		return err
	}
	return l.f.Truncate(int64(len(text)))
}

// lost says that name does not lead to the file that is locked: somebody removed it, and another writer would not see
// the lock.
func (l *lockFile) lost(name string) bool {
	mine, err := l.f.Stat()
	if err != nil {
		return false
	}
	found, err := os.Stat(name)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(mine, found)
}

// release ends the lock. The file stays: were it removed, two processes could hold locks on two files of its name.
func (l *lockFile) release() error { return l.f.Close() }
