package embedded

import (
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A Compressor makes a file smaller that is then searched by reading all of it.
type Compressor struct {
	Name string
	Open func(io.Writer) (io.WriteCloser, error)
}

// Compressors are those that log files are usually kept with.
func Compressors() []Compressor {
	level := func(l zstd.EncoderLevel) func(io.Writer) (io.WriteCloser, error) {
		return func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderLevel(l), zstd.WithEncoderConcurrency(1))
		}
	}
	return []Compressor{
		{"gzip -6", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 6) }},
		{"zstd, default", level(zstd.SpeedDefault)},
		{"zstd, best", level(zstd.SpeedBestCompression)},
	}
}

// Size is how many bytes it makes of data.
func (c *Compressor) Size(data []byte) (int64, error) {
	out := &counter{}
	w, err := c.Open(out)
	if err != nil {
		return 0, err
	}
	_, err = w.Write(data)
	err = errors.Join(err, w.Close())
	return out.n, err
}

// counter counts what is written.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
