// Package audio is the signal processing of the example: WAV in and out, noise reduction, loudness.
package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Clip is mono audio: samples in [-1, 1].
type Clip struct {
	Rate    int
	Samples []float64
}

// Seconds is the clip's duration.
func (c *Clip) Seconds() float64 { return float64(len(c.Samples)) / float64(c.Rate) }

// Peak is the largest magnitude of a sample.
func (c *Clip) Peak() float64 {
	peak := 0.0
	for _, s := range c.Samples {
		peak = max(peak, math.Abs(s))
	}
	return peak
}

// Errors of DecodeWAV.
var (
	ErrFormat    = errors.New("not a WAV file that can be read")
	ErrTruncated = errors.New("WAV file is truncated")
)

const (
	formatPCM        = 1
	formatFloat      = 3
	formatExtensible = 0xfffe
)

// DecodeWAV reads PCM of 8, 16, 24 or 32 bits or 32-bit float, WAVE_FORMAT_EXTENSIBLE among them, and mixes the channels
// down to one. It trusts no length in the file: it reads at most maxBytes. Errors are ErrFormat or ErrTruncated, wrapped with what was found.
func DecodeWAV(r io.Reader, maxBytes int64) (*Clip, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > maxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrFormat, maxBytes)
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, fmt.Errorf("%w: begins with %q", ErrFormat, b[:min(4, len(b))])
	}
	var f *format
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		body := b[8:]
		switch id {
		case "fmt ":
			if int64(len(body)) < size {
				return nil, fmt.Errorf("%w: in its header", ErrTruncated)
			}
			if f, err = parseFormat(body[:size]); err != nil {
				return nil, err
			}
		case "data":
			if f == nil {
				return nil, fmt.Errorf("%w: data before its format", ErrFormat)
			}
			// A streaming writer leaves the size open.
			if size != math.MaxUint32 && size > int64(len(body)) {
				return nil, fmt.Errorf("%w: %d of %d bytes", ErrTruncated, len(body), size)
			}
			return f.decode(body[:min(size, int64(len(body)))]), nil
		}
		next := size + size&1
		if next > int64(len(body)) {
			break
		}
		b = body[next:]
	}
	return nil, fmt.Errorf("%w: no data in it", ErrTruncated)
}

type format struct {
	tag, bits      uint16
	channels, rate int
}

func parseFormat(b []byte) (*format, error) {
	if len(b) < 16 {
		return nil, fmt.Errorf("%w: header of %d bytes", ErrFormat, len(b))
	}
	le := binary.LittleEndian
	f := &format{tag: le.Uint16(b), channels: int(le.Uint16(b[2:])), rate: int(le.Uint32(b[4:])), bits: le.Uint16(b[14:])}
	if f.tag == formatExtensible && len(b) >= 26 {
		f.tag = le.Uint16(b[24:]) // the first bytes of the sub-format's GUID
	}
	pcm := f.tag == formatPCM && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32)
	if !pcm && !(f.tag == formatFloat && f.bits == 32) || f.channels < 1 || f.channels > 64 || f.rate < 1000 || f.rate > 768000 {
		return nil, fmt.Errorf("%w: format %d, %d bits, %d channels, %d Hz", ErrFormat, f.tag, f.bits, f.channels, f.rate)
	}
	return f, nil
}

func (f *format) decode(b []byte) *Clip {
	width := int(f.bits / 8)
	frame := width * f.channels
	c := &Clip{Rate: f.rate, Samples: make([]float64, len(b)/frame)}
	for i := range c.Samples {
		sum := 0.0
		for ch := range f.channels {
			sum += f.sample(b[i*frame+ch*width:])
		}
		c.Samples[i] = sum / float64(f.channels)
	}
	return c
}

func (f *format) sample(b []byte) float64 {
	switch {
	case f.tag == formatFloat:
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0
		}
		return v
	case f.bits == 8:
		return (float64(b[0]) - 128) / 128
	case f.bits == 16:
		return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case f.bits == 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
	}
	return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
}

// EncodeWAV writes the clip as 16-bit PCM.
func (c *Clip) EncodeWAV(w io.Writer) error {
	n := 2 * len(c.Samples)
	b := make([]byte, 0, 44+n)
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(36+n))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, formatPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(c.Rate))
	b = le.AppendUint32(b, uint32(2*c.Rate))
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(n))
	for _, s := range c.Samples {
		b = le.AppendUint16(b, uint16(int16(math.Round(min(max(s, -1), 1)*math.MaxInt16))))
	}
	_, err := w.Write(b)
	return err
}
