package rotate

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zstd"
)

// errStopped breaks a compression off at Close.
var errStopped = errors.New("closing")

// compress compresses the plain files, oldest first.
func (w *Writer) compress() {
	if w.opts.Compress == NoCompression {
		return
	}
	files, err := w.list()
	if err != nil {
		w.errs.Report(err)
		return
	}
	for _, r := range files {
		if r.compress != NoCompression || w.active(r.name) {
			continue
		}
		err := w.compressFile(r.name)
		switch {
		case errors.Is(err, errStopped):
			return
		case err == nil:
			w.mu.Lock()
			w.stats.Compressed++
			w.mu.Unlock()
		case !errors.Is(err, fs.ErrNotExist): // else somebody was quicker to remove it
			w.errs.Report(fmt.Errorf("rotate: compress %s: %w", r.name, err))
		}
	}
}

// compressFile replaces a plain file by a compressed one. Whenever it stops, the plain file is there or the whole
// compressed one is, and after the next clear only one of them.
func (w *Writer) compressFile(name string) error {
	to := w.at(name) + suffixes[w.opts.Compress]
	temp := to + tempSuffix
	err := w.writeCompressed(temp, w.at(name))
	if err == nil {
		err = w.fs.Rename(temp, to)
	}
	if err != nil {
		if rerr := w.fs.Remove(temp); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		return err
	}
	if err := w.fs.SyncDir(w.names.dir); err != nil {
		return err // the plain file stays until the other is known to
	}
	return w.fs.Remove(w.at(name))
}

func (w *Writer) writeCompressed(to, from string) error {
	src, err := w.fs.OpenFile(from, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := w.fs.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, w.opts.Perm)
	if err != nil {
		return err
	}
	err = w.encode(dst, src)
	if err == nil {
		err = dst.Sync()
	}
	return errors.Join(err, dst.Close())
}

func (w *Writer) encode(dst io.Writer, src io.Reader) error {
	var enc io.WriteCloser = gzip.NewWriter(dst)
	if w.opts.Compress == Zstd {
		z, err := zstd.NewWriter(dst, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return err
		}
		enc = z
	}
	_, err := io.Copy(enc, &stoppable{w, src})
	if err != nil {
		return err // what was written is removed
	}
	return enc.Close()
}

// whole says whether a compressed file can be read to its end, with its checksums, and has size bytes.
func (w *Writer) whole(r rotated, size int64) bool {
	f, err := w.fs.OpenFile(w.at(r.name), os.O_RDONLY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	var dec io.Reader
	if r.compress == Zstd {
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return false
		}
		defer z.Close()
		dec = z
	} else if dec, err = gzip.NewReader(f); err != nil {
		return false
	}
	n, err := io.Copy(io.Discard, &stoppable{w, dec})
	return err == nil && n == size
}

// stoppable is a reader that ends with errStopped at Close.
type stoppable struct {
	w *Writer
	r io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if s.w.stopping() {
		return 0, errStopped
	}
	return s.r.Read(p)
}
