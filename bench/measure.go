package bench

import (
	"io/fs"
	"path/filepath"
	"time"

	"github.com/sluicelog/sluice/internal/cputime"
)

// CPUTime is what the process has used of its processors, as far as the system tells.
func CPUTime() time.Duration {
	used, _ := cputime.Process()
	return used
}

// DirSize is every byte of every file below dir.
func DirSize(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}
