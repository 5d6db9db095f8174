package embedded

import (
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
