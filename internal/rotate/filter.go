package rotate

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// filterSuffix marks a file that Filter has not finished.
const filterSuffix = ".filter"

// Filter removes the lines for which drop is true, given without their ends, from the file at path and its rotated ones,
// compressed ones too, and returns their number. A file that changes is replaced at once; when it fails midway, calling it again does
// the rest. It takes the writer's lock. With dry it counts and changes nothing.
func Filter(path string, dry bool, drop func(line []byte) bool) (int, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	names := newNaming(path)
	entries, err := os.ReadDir(names.dir)
	if err != nil {
		return 0, fmt.Errorf("rotate: %w", err)
	}
	lock, err := takeLock(path, 0o600)
	if err != nil {
		return 0, err
	}
	total := 0
	var errs []error
	for _, e := range entries {
		r, ok := names.parse(e.Name())
		if e.Name() == filepath.Base(path) {
			r, ok = rotated{compress: NoCompression}, true
		}
		if !ok || !e.Type().IsRegular() {
			continue
		}
		n, err := filterFile(filepath.Join(names.dir, e.Name()), r, dry, drop)
		if err != nil {
			errs = append(errs, fmt.Errorf("rotate: %s: %w", e.Name(), err))
		}
		total += n
	}
	return total, errors.Join(append(errs, lock.release())...)
}

func filterFile(name string, r rotated, dry bool, drop func([]byte) bool) (int, error) {
	if r.temp { // half of a compressed file whose plain one is there
		if dry {
			return 0, nil
		}
		return 0, os.Remove(name)
	}
	src, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return 0, err
	}
	in, end, err := decoder(src, r.compress)
	if err != nil {
		return 0, err
	}
	defer end()
	n, err := copyLines(io.Discard, in, drop)
	if err != nil || n == 0 || dry {
		return n, err
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	again, endAgain, err := decoder(src, r.compress)
	if err != nil {
		return 0, err
	}
	defer endAgain()
	temp := name + filterSuffix
	dst, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return 0, err
	}
	err = encodeLines(dst, again, r.compress, drop)
	if err == nil {
		err = dst.Sync()
	}
	if err = errors.Join(err, dst.Close()); err == nil {
		err = os.Rename(temp, name)
	}
	if err != nil {
		if rerr := os.Remove(temp); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		return 0, err
	}
	return n, osFS{}.SyncDir(filepath.Dir(name))
}

// decoder reads what a rotated file was before it was compressed.
func decoder(src io.Reader, c Compression) (in io.Reader, end func(), err error) {
	switch c {
	case Zstd:
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case Gzip:
		z, err := gzip.NewReader(src)
		return z, func() {}, err
	}
	return src, func() {}, nil
}

func encodeLines(dst io.Writer, src io.Reader, c Compression, drop func([]byte) bool) error {
	var enc io.WriteCloser
	switch c {
	case Zstd:
		z, err := zstd.NewWriter(dst, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return err
		}
		enc = z
	case Gzip:
		enc = gzip.NewWriter(dst)
	default:
		b := bufio.NewWriter(dst)
		if _, err := copyLines(b, src, drop); err != nil {
			return err
		}
		return b.Flush()
	}
	if _, err := copyLines(enc, src, drop); err != nil {
		return err
	}
	return enc.Close()
}

// copyLines copies the lines that stay, and counts the others.
func copyLines(dst io.Writer, src io.Reader, drop func([]byte) bool) (dropped int, err error) {
	in := bufio.NewReaderSize(src, 64<<10)
	var long []byte
	for {
		line, err := in.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			long = append(long[:0], line...)
			for errors.Is(err, bufio.ErrBufferFull) {
				line, err = in.ReadSlice('\n')
				long = append(long, line...)
			}
			line = long
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return dropped, err
		}
		if len(line) > 0 {
			if drop(bytes.TrimRight(line, "\r\n")) {
				dropped++
			} else if _, werr := dst.Write(line); werr != nil {
				return dropped, werr
			}
		}
		if err != nil {
			return dropped, nil
		}
	}
}
