package audio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"time"
)

// Info is what the header of an audio file says. A zero field is unknown.
type Info struct {
	Container  string // wav, flac, mp3, ogg
	Codec      string // pcm_s16le and its like, flac, mp3, vorbis, opus, speex, or wav_ and the format's tag
	SampleRate int    // Hz
	Channels   int
	BitDepth   int // of a sample, as far as the codec has one
	Duration   time.Duration
	Bitrate    int // bits a second
	Size       int64
	// Truncated says that the file has less than its header promises. Duration is that of what is there.
	Truncated bool
}

// Attrs returns what is known, under the keys container, codec, sample_rate_hz, channels, bit_depth, duration_ms, bitrate,
// size_bytes and truncated.
func (i Info) Attrs() []slog.Attr {
	var attrs []slog.Attr
	text := func(key, v string) {
		if v != "" {
			attrs = append(attrs, slog.String(key, v))
		}
	}
	number := func(key string, v int64) {
		if v > 0 {
			attrs = append(attrs, slog.Int64(key, v))
		}
	}
	text("container", i.Container)
	text("codec", i.Codec)
	number("sample_rate_hz", int64(i.SampleRate))
	number("channels", int64(i.Channels))
	number("bit_depth", int64(i.BitDepth))
	if i.Duration > 0 {
		attrs = append(attrs, slog.Float64("duration_ms", float64(i.Duration)/float64(time.Millisecond)))
	}
	number("bitrate", int64(i.Bitrate))
	number("size_bytes", i.Size)
	if i.Truncated {
		attrs = append(attrs, slog.Bool("truncated", true))
	}
	return attrs
}

// ErrFormat is the error, wrapped with what was found, for what is no audio file that can be read.
var ErrFormat = errors.New("audio: unknown or damaged format")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// maxProbe bounds what Probe reads.
const maxProbe = 64 << 10

// Probe reads the header of an audio file of size bytes: WAV (with WAVE_FORMAT_EXTENSIBLE, RF64 and BW64, and sizes that a streaming
// writer left open), FLAC, MP3 and Ogg (Vorbis, Opus, FLAC, Speex). It reads at most 64 KiB and believes no length in the file
// before it has compared it with size. The error wraps ErrFormat, or is that of r.
func Probe(r io.ReaderAt, size int64) (Info, error) {
	b := &budget{r: r, size: max(size, 0), left: maxProbe}
	info, err := probe(b)
	if b.err != nil {
		return Info{}, fmt.Errorf("audio: %w", b.err)
	}
	if err != nil {
		return Info{}, err
	}
	info.Size = b.size
	if info.Bitrate == 0 && info.Duration >= time.Millisecond {
		if rate := float64(info.Size) * 8 / info.Duration.Seconds(); rate < math.MaxInt32 {
			info.Bitrate = int(rate)
		}
	}
	return info, nil
}

func probe(b *budget) (Info, error) {
	start := id3(b)
	head := b.read(start, 12)
	switch {
	case len(head) == 12 && string(head[8:12]) == "WAVE" && (string(head[:4]) == "RIFF" || string(head[:4]) == "RF64" || string(head[:4]) == "BW64"):
		w, err := parseWAV(b, start)
		if err != nil {
			return Info{}, err
		}
		return w.info(), nil
	case len(head) >= 4 && string(head[:4]) == "fLaC":
		return probeFLAC(b, start)
	case len(head) >= 4 && string(head[:4]) == "OggS":
		return probeOgg(b, start)
	}
	if info, ok := probeMP3(b, start); ok {
		return info, nil
	}
	if len(head) == 0 {
		return Info{}, damaged("the file is empty")
	}
	return Info{}, damaged("it begins with %q", head[:min(4, len(head))])
}

// ProbeFile is Probe for a regular file; the context is asked before it is opened.
func ProbeFile(ctx context.Context, path string) (Info, error) {
	f, size, err := openRegular(ctx, path)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = f.Close() }()
	return Probe(f, size)
}

// openRegular opens no pipe and no device: these may never end.
func openRegular(ctx context.Context, path string) (*os.File, int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, fmt.Errorf("audio: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("audio: %s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("audio: %w", err)
	}
	return f, info.Size(), nil
}

// budget reads from r as much as is left, and nothing past size.
type budget struct {
	r          io.ReaderAt
	size, left int64
	err        error // other than the end of the file
}

// read returns up to n bytes at an offset; fewer at the end of the file or of the budget.
func (b *budget) read(at, n int64) []byte {
	if at < 0 || at >= b.size || b.err != nil {
		return nil
	}
	n = min(n, b.left, b.size-at)
	if n <= 0 {
		return nil
	}
	b.left -= n
	buf := make([]byte, n)
	got, err := b.r.ReadAt(buf, at)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return buf[:min(max(got, 0), len(buf))]
}

// id3 is the end of the ID3v2 tags (id3.org, version 2.4.0, section 3.1) that a file begins with.
func id3(b *budget) int64 {
	at := int64(0)
	for range 4 {
		h := b.read(at, 10)
		if len(h) < 10 || string(h[:3]) != "ID3" || h[3] == 0xff || h[6]|h[7]|h[8]|h[9] >= 0x80 {
			break
		}
		at += 10 + int64(h[6])<<21 + int64(h[7])<<14 + int64(h[8])<<7 + int64(h[9])
		if h[5]&0x10 != 0 {
			at += 10 // the footer
		}
	}
	return at
}

// seconds is a duration of n samples; 0 when it is out of range.
func seconds(n, rate uint64) time.Duration {
	if rate == 0 {
		return 0
	}
	d := float64(n) / float64(rate) * float64(time.Second)
	if d >= math.MaxInt64 {
		return 0
	}
	return time.Duration(math.Round(d))
}
