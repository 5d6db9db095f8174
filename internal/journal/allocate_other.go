//go:build !linux

package journal

func datasync(f *osFile) error { return f.File.Sync() }

// allocate makes a sparse file; a full disk is met by the writes.
func allocate(f *osFile, size int64) error { return f.Truncate(size) }
