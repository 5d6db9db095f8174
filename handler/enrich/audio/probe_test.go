package audio

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeadersAreRead(t *testing.T) {
	second := sound(48000, 2, 1, sine(-20))
	data := pcm16(second)
	ds64 := make([]byte, 28)
	le.PutUint64(ds64[8:], uint64(len(data)))
	rf64 := append([]byte(nil), riff(chunk("ds64", ds64), formatChunk(tagPCM, 2, 48000, 16), chunk("data", data))...)
	copy(rf64, "RF64\xff\xff\xff\xff")
	le.PutUint32(rf64[len(rf64)-len(data)-4:], math.MaxUint32)
	stream := riff(formatChunk(tagPCM, 2, 48000, 16), chunk("data", data))
	le.PutUint32(stream[4:], math.MaxUint32)
	le.PutUint32(stream[len(stream)-len(data)-4:], math.MaxUint32)
	open := bytes.Clone(stream)
	le.PutUint32(open[len(open)-len(data)-4:], 0)
	xing := mp3Of(101)
	copy(xing[4+32:], "Xing\x00\x00\x00\x03\x00\x00\x00\x64\x00\x00\xa4\x85")
	pcm := Info{Container: "wav", Codec: "pcm_s16le", SampleRate: 48000, Channels: 2, BitDepth: 16, Duration: time.Second, Bitrate: 1536000}
	deep := pcm
	deep.Codec, deep.BitDepth, deep.Bitrate = "pcm_s32le", 20, 3072000
	cut := pcm
	cut.Truncated, cut.Duration = true, time.Second/4
	for name, tc := range map[string]struct {
		file []byte
		want Info
	}{
		"wav":                       {riff(formatChunk(tagPCM, 2, 48000, 16), chunk("data", data)), pcm},
		"wav with other chunks":     {riff(chunk("JUNK", make([]byte, 200_000)), formatChunk(tagPCM, 2, 48000, 16), chunk("LIST", make([]byte, 99_999)), chunk("data", data), chunk("id3 ", make([]byte, 300))), pcm},
		"wav extensible":            {riff(extensible(formatChunk(tagPCM, 2, 48000, 32), 20), chunk("data", make([]byte, 384000))), deep},
		"wav of a streaming writer": {stream, pcm},
		"wav of size 0":             {open, pcm},
		"wav RF64":                  {rf64, pcm},
		"wav that is cut":           {riff(formatChunk(tagPCM, 2, 48000, 16), chunk("data", data))[:44+len(data)/4], cut},
		"wav behind an ID3 tag":     {append([]byte("ID3\x03\x00\x00\x00\x00\x00\x05....."), riff(formatChunk(tagPCM, 2, 48000, 16), chunk("data", data))...), pcm},
		"wav, float":                {wavOf(44100, 1, make([]float64, 22050)), Info{Container: "wav", Codec: "pcm_f32le", SampleRate: 44100, Channels: 1, BitDepth: 32, Duration: time.Second / 2, Bitrate: 1411200}},
		"wav, µ-law":                {riff(formatChunk(tagMuLaw, 1, 8000, 8), chunk("data", make([]byte, 8000))), Info{Container: "wav", Codec: "pcm_mulaw", SampleRate: 8000, Channels: 1, BitDepth: 8, Duration: time.Second, Bitrate: 64000}},
		"wav, ADPCM":                {riff(formatChunk(0x11, 1, 8000, 4), chunk("fact", []byte{0x40, 0x1f, 0, 0}), chunk("data", make([]byte, 4000))), Info{Container: "wav", Codec: "wav_0x0011", SampleRate: 8000, Channels: 1, Duration: time.Second, Bitrate: 32000}},
		"flac":                      {flacOf(t, 48000, 2, second), Info{Container: "flac", Codec: "flac", SampleRate: 48000, Channels: 2, BitDepth: 16, Duration: time.Second}},
		"mp3":                       {mp3Of(100), Info{Container: "mp3", Codec: "mp3", SampleRate: 44100, Channels: 2, Duration: 2606250 * time.Microsecond, Bitrate: 128000}},
		"mp3 with tags":             {append(append([]byte("ID3\x04\x00\x00\x00\x00\x02\x00"), make([]byte, 256)...), append(mp3Of(100), append([]byte("TAG"), make([]byte, 125)...)...)...), Info{Container: "mp3", Codec: "mp3", SampleRate: 44100, Channels: 2, Duration: 2606250 * time.Microsecond, Bitrate: 128000}},
		"mp3 of variable rate":      {xing, Info{Container: "mp3", Codec: "mp3", SampleRate: 44100, Channels: 2, Duration: 2612244898, Bitrate: 128985}},
		"ogg, opus":                 {opusOf(480000), Info{Container: "ogg", Codec: "opus", SampleRate: 44100, Channels: 2, Duration: 10 * time.Second}},
		"ogg, vorbis":               {vorbisOf(96000), Info{Container: "ogg", Codec: "vorbis", SampleRate: 48000, Channels: 1, Duration: 2 * time.Second, Bitrate: 96000}},
	} {
		got, err := Probe(bytes.NewReader(tc.file), int64(len(tc.file)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tc.want.Size = int64(len(tc.file))
		if tc.want.Bitrate == 0 || name == "mp3 of variable rate" {
			got.Bitrate = tc.want.Bitrate
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestWhatIsNoAudioIsNamed(t *testing.T) {
	for want, file := range map[string]string{
		"the file is empty": "", `it begins with "hell"`: "hello, world", "a WAV file without a format": "RIFF\x00\x00\x00\x00WAVE",
		"WAV samples before their format": "RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00", "a FLAC file without STREAMINFO": "fLaC\x84\x00\x00\x00",
		"an Ogg page of version 9": "OggS\x09" + strings.Repeat("x", 30), "0 channels": string(riff(formatChunk(1, 0, 8000, 8), chunk("data", nil))),
	} {
		if _, err := Probe(strings.NewReader(file), int64(len(file))); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
	boom := errors.New("boom")
	if _, err := Probe(broken{boom}, 1000); !errors.Is(err, boom) || errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	if _, err := ProbeFile(t.Context(), os.DevNull); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Error(err)
	}
	if _, err := ProbeFile(t.Context(), filepath.Join(t.TempDir(), "none.wav")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

// meterReader counts what is read.
type meterReader struct {
	io.ReaderAt
	n int64
}

func (m *meterReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := m.ReaderAt.ReadAt(p, at)
	m.n += int64(n)
	return n, err
}

// A header of a few bytes may claim gigabytes: neither is so much read nor allocated.
func TestLengthsAreNotBelieved(t *testing.T) {
	huge := riff(formatChunk(tagPCM, 2, 48000, 16), chunk("data", make([]byte, 192_000)))
	le.PutUint32(huge[16:], 0x7fffffff) // of the format
	many := riff()
	for range 100_000 {
		many = append(many, chunk("junk", nil)...)
	}
	for name, file := range map[string][]byte{"a huge format": huge, "many chunks": many, "a huge tag": []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f and on"), "noise": bytes.Repeat([]byte("\xff\xfb\x90"), 1<<20)} {
		m := &meterReader{ReaderAt: bytes.NewReader(file)}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = Probe(m, int64(len(file)))
		runtime.ReadMemStats(&after)
		if m.n > maxProbe || after.TotalAlloc-before.TotalAlloc > 1<<20 {
			t.Errorf("%s: %d bytes read, %d allocated", name, m.n, after.TotalAlloc-before.TotalAlloc)
		}
	}
}

func FuzzProbe(f *testing.F) {
	second := sound(8000, 1, .1, sine(-20))
	for _, file := range [][]byte{
		wavOf(8000, 1, second), riff(extensible(formatChunk(tagPCM, 2, 48000, 24), 20), chunk("data", make([]byte, 600))), flacOf(f, 8000, 1, second), mp3Of(3), opusOf(100), vorbisOf(100),
		append([]byte("ID3\x04\x00\x00\x00\x00\x00\x05....."), mp3Of(2)...), []byte("RF64\xff\xff\xff\xffWAVEds64\x1c\x00\x00\x00"),
	} {
		f.Add(file, int64(len(file)))
	}
	f.Fuzz(func(t *testing.T, file []byte, size int64) {
		m := &meterReader{ReaderAt: bytes.NewReader(file)}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		info, err := Probe(m, size)
		runtime.ReadMemStats(&after)
		if m.n > maxProbe || after.TotalAlloc-before.TotalAlloc > 1<<20 {
			t.Fatalf("%d bytes read, %d allocated", m.n, after.TotalAlloc-before.TotalAlloc)
		}
		if err == nil && (info.Container == "" || info.SampleRate <= 0 || info.Channels <= 0 || info.Duration < 0 || info.Bitrate < 0) {
			t.Fatalf("%+v", info)
		}
		_ = info.Attrs()
	})
}

func FuzzMeasure(f *testing.F) {
	second := sound(8000, 1, .1, sine(-20))
	f.Add(wavOf(8000, 1, second))
	f.Add(flacOf(f, 8000, 1, second))
	f.Add(riff(formatChunk(tagALaw, 1, 8000, 8), chunk("data", make([]byte, 600))))
	f.Fuzz(func(t *testing.T, file []byte) {
		q, err := Measure(t.Context(), bytes.NewReader(file), int64(len(file)))
		if err == nil && (q.Clipping < 0 || q.Clipping > 1 || math.IsNaN(q.Peak) || q.Duration < 0) {
			t.Fatalf("%+v", q)
		}
		_ = q.Attrs()
	})
}
