package audio

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/mewkiz/flac"
	flacframe "github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var le = binary.LittleEndian

// sound makes samples in [-1, 1] of a number of frames, the value of each channel by its time in seconds.
func sound(rate, channels int, secs float64, value func(c int, t float64) float64) []float64 {
	out := make([]float64, 0, int(secs*float64(rate))*channels)
	for i := range int(math.Round(secs * float64(rate))) {
		for c := range channels {
			out = append(out, value(c, float64(i)/float64(rate)))
		}
	}
	return out
}

// sine of 1 kHz at a level in dBFS.
func sine(dbfs float64) func(int, float64) float64 {
	a := math.Pow(10, dbfs/20)
	return func(_ int, t float64) float64 { return a * math.Sin(2*math.Pi*1000*t) }
}

func chunk(id string, body []byte) []byte {
	out := append([]byte(id), 0, 0, 0, 0)
	le.PutUint32(out[4:], uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func riff(chunks ...[]byte) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WAVE")
	for _, c := range chunks {
		out = append(out, c...)
	}
	le.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// formatChunk of a plain WAV file.
func formatChunk(tag, channels, rate, bits int) []byte {
	f := make([]byte, 16)
	le.PutUint16(f, uint16(tag))
	le.PutUint16(f[2:], uint16(channels))
	le.PutUint32(f[4:], uint32(rate))
	le.PutUint32(f[8:], uint32(rate*channels*bits/8))
	le.PutUint16(f[12:], uint16(channels*bits/8))
	le.PutUint16(f[14:], uint16(bits))
	return chunk("fmt ", f)
}

// extensible makes a format chunk one of WAVE_FORMAT_EXTENSIBLE.
func extensible(plain []byte, valid int) []byte {
	f := append([]byte(nil), plain[8:24]...)
	tag := le.Uint16(f)
	le.PutUint16(f, tagExtensible)
	f = append(f, 22, 0, byte(valid), 0, 3, 0, 0, 0, byte(tag), byte(tag>>8))
	return chunk("fmt ", append(f, subformat...))
}

// pcm16 encodes samples.
func pcm16(samples []float64) []byte {
	out := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		out = le.AppendUint16(out, uint16(int16(math.Round(max(min(s*32768, 32767), -32768)))))
	}
	return out
}

func float32s(samples []float64) []byte {
	out := make([]byte, 0, 4*len(samples))
	for _, s := range samples {
		out = le.AppendUint32(out, math.Float32bits(float32(s)))
	}
	return out
}

func wavOf(rate, channels int, samples []float64) []byte {
	return riff(formatChunk(tagFloat, channels, rate, 32), chunk("data", float32s(samples)))
}

func flacOf(t testing.TB, rate, channels int, samples []float64) []byte {
	t.Helper()
	var b bytes.Buffer
	const block = 4096
	enc, err := flac.NewEncoder(&b, &meta.StreamInfo{BlockSizeMin: block, BlockSizeMax: block, SampleRate: uint32(rate), NChannels: uint8(channels), BitsPerSample: 16, NSamples: uint64(len(samples) / channels)})
	if err != nil {
		t.Fatal(err)
	}
	layout := []flacframe.Channels{flacframe.ChannelsMono, flacframe.ChannelsLR}[channels-1]
	for n := uint64(0); len(samples) > 0; n++ {
		size := min(block, len(samples)/channels)
		f := &flacframe.Frame{Header: flacframe.Header{HasFixedBlockSize: true, BlockSize: uint16(size), SampleRate: uint32(rate), Channels: layout, BitsPerSample: 16, Num: n}}
		for c := range channels {
			s := &flacframe.Subframe{SubHeader: flacframe.SubHeader{Pred: flacframe.PredVerbatim}, NSamples: size}
			for i := range size {
				s.Samples = append(s.Samples, int32(math.Round(max(min(samples[i*channels+c]*32768, 32767), -32768))))
			}
			f.Subframes = append(f.Subframes, s)
		}
		if err := enc.WriteFrame(f); err != nil {
			t.Fatal(err)
		}
		samples = samples[size*channels:]
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mp3Of is a number of frames of 128 kbit/s at 44,100 Hz, stereo, with silence or rather nothing in them.
func mp3Of(frames int) []byte {
	f := make([]byte, 417)
	copy(f, "\xff\xfb\x90\x00")
	return bytes.Repeat(f, frames)
}

// page of an Ogg stream.
func page(kind byte, position uint64, packet []byte) []byte {
	p := append([]byte("OggS\x00"), kind)
	p = le.AppendUint64(p, position)
	p = append(p, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, byte(len(packet)))
	return append(p, packet...)
}

func opusOf(samples uint64) []byte {
	head := append([]byte("OpusHead\x01\x02\x38\x01"), 0x44, 0xac, 0, 0, 0, 0, 0)
	return append(append(page(2, 0, head), page(0, 1000, make([]byte, 100))...), page(4, samples+312, make([]byte, 9))...)
}

func vorbisOf(samples uint64) []byte {
	head := append([]byte("\x01vorbis\x00\x00\x00\x00\x01\x80\xbb\x00\x00"), make([]byte, 14)...)
	le.PutUint32(head[20:], 96000)
	return append(page(2, 0, head), page(4, samples, make([]byte, 9))...)
}
