package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/sluicelog/sluice/internal/filelock"
)

// FS is what a journal needs of the file system.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	ReadDir(name string) ([]fs.DirEntry, error)
	MkdirAll(name string, perm fs.FileMode) error
	// SyncDir makes the names in a directory durable.
	SyncDir(name string) error
	// Lock creates the file name if need be and holds it until the closer is closed. When another holds it, the error is
	// ErrLocked with what is known of the holder.
	Lock(name string, perm fs.FileMode) (io.Closer, error)
}

// File is an open file of an FS.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes the written data durable.
	Sync() error
	Truncate(size int64) error
	// Allocate makes the file size bytes long and, where the system can, reserves them. New bytes read as zeros.
	Allocate(size int64) error
	// Size is the length in bytes.
	Size() (int64, error)
}

// System is the system's FS.
type System struct{}

// OpenFile opens a file as os.OpenFile does.
func (System) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &osFile{File: f, fd: f.Fd()}, nil
}

// Rename renames a file, replacing another.
func (System) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file.
func (System) Remove(name string) error { return os.Remove(name) }

// ReadDir lists a directory.
func (System) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// MkdirAll makes a directory and its parents.
func (System) MkdirAll(name string, perm fs.FileMode) error { return os.MkdirAll(name, perm) }

// SyncDir forces a directory to disk.
func (System) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

const lockFormat = "pid %d\n"

// Lock holds the file name by flock and writes the process's number into it. The file stays when it is released: were it
// removed, two processes could hold two files of its name.
func (System) Lock(name string, perm fs.FileMode) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, perm)
	if err != nil {
		return nil, err
	}
	if err := filelock.Lock(f); err != nil {
		var text [64]byte
		n, _ := f.ReadAt(text[:], 0)
		pid := 0
		_, _ = fmt.Sscanf(string(text[:n]), lockFormat, &pid)
		_ = f.Close()
		switch {
		case !errors.Is(err, filelock.ErrHeld):
			return nil, fmt.Errorf("lock %s: %w", name, err)
		case pid != 0:
			return nil, fmt.Errorf("%w (process %d)", ErrLocked, pid)
		}
		return nil, ErrLocked
	}
	text := fmt.Sprintf(lockFormat, os.Getpid())
	if _, err := f.WriteAt([]byte(text), 0); err == nil {
		err = f.Truncate(int64(len(text)))
		if err == nil {
			return f, nil
		}
	}
	return f, nil // a full disk: the lock is held, only its holder is not named
}

type osFile struct {
	*os.File
	fd uintptr // valid until Close, which no Sync overlaps
}

func (f *osFile) Size() (int64, error) {
	i, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return i.Size(), nil
}

func (f *osFile) Sync() error               { return datasync(f) }
func (f *osFile) Allocate(size int64) error { return allocate(f, size) }
