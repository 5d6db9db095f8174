package audio

import (
	"encoding/binary"
	"io"
	"math"
)

// decoder hands out the samples of a file in [-1, 1], channels interleaved.
type decoder interface {
	rate() int
	channels() int
	// next returns some whole frames, valid until the next call; io.EOF comes with the last ones or after them.
	next() ([]float64, error)
}

// maxRate bounds the sampling rate: more would be no sound, and buffers of a tenth of a second are made for it.
const maxRate = 768_000

func newDecoder(r io.ReaderAt, size int64) (decoder, error) {
	b := &budget{r: r, size: max(size, 0), left: maxProbe}
	start := id3(b)
	head := b.read(start, 12)
	var (
		d   decoder
		err error
	)
	switch {
	case len(head) >= 4 && string(head[:4]) == "fLaC":
		d, err = newFLACDecoder(io.NewSectionReader(r, start, b.size-start))
	default:
		var w *wav
		if w, err = parseWAV(b, start); err == nil && len(head) == 12 && string(head[8:]) == "WAVE" {
			d, err = newWAVDecoder(r, w)
		} else if err == nil || len(head) < 12 || string(head[8:]) != "WAVE" {
			err = damaged("it begins with %q: only WAV and FLAC are measured", head[:min(4, len(head))])
		}
	}
	if b.err != nil {
		err = b.err
	}
	if err != nil {
		return nil, err
	}
	if d.rate() < 1 || d.rate() > maxRate || d.channels() < 1 || d.channels() > maxChannels {
		return nil, damaged("%d channels at %d Hz: want up to %d at up to %d Hz", d.channels(), d.rate(), maxChannels, maxRate)
	}
	return d, nil
}

// wavDecoder reads PCM.
type wavDecoder struct {
	w     *wav
	r     *io.SectionReader
	frame int // bytes
	width int // bytes of a sample
	value func([]byte) float64
	raw   []byte
	out   []float64
}

func newWAVDecoder(r io.ReaderAt, w *wav) (decoder, error) {
	if !w.pcm() {
		return nil, damaged("WAV samples of format %#04x with %d bits", w.tag, w.bits)
	}
	d := &wavDecoder{w: w, r: io.NewSectionReader(r, w.data, w.bytes), width: (w.bits + 7) / 8}
	if d.value = pcmValue(w.tag, d.width); d.value == nil || w.channels > maxChannels {
		return nil, damaged("WAV samples of format %#04x with %d bits, %d channels", w.tag, w.bits, w.channels)
	}
	d.frame = d.width * w.channels
	if int(w.align) > d.frame {
		d.frame = int(w.align)
	}
	n := max(16<<10/d.frame, 1)
	d.raw, d.out = make([]byte, n*d.frame), make([]float64, 0, n*w.channels)
	return d, nil
}

func pcmValue(tag uint16, width int) func([]byte) float64 {
	le := binary.LittleEndian
	switch {
	case tag == tagFloat && width == 4:
		return func(b []byte) float64 { return finite(float64(math.Float32frombits(le.Uint32(b)))) }
	case tag == tagFloat && width == 8:
		return func(b []byte) float64 { return finite(math.Float64frombits(le.Uint64(b))) }
	case tag == tagALaw:
		return func(b []byte) float64 { return aLaw(b[0]) }
	case tag == tagMuLaw:
		return func(b []byte) float64 { return muLaw(b[0]) }
	case tag != tagPCM:
		return nil
	}
	switch width {
	case 1:
		return func(b []byte) float64 { return float64(int(b[0])-128) / (1 << 7) }
	case 2:
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) / (1 << 15) }
	case 3:
		return func(b []byte) float64 {
			return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
		}
	case 4:
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) / (1 << 31) }
	}
	return nil
}

// finite keeps what is no number, and what would overflow, out of the sums.
func finite(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return min(max(x, -1e6), 1e6)
}

// aLaw and muLaw are ITU-T G.711.
func aLaw(b byte) float64 {
	b ^= 0x55
	v := int(b&15)<<4 + 8
	if e := b >> 4 & 7; e > 0 {
		v = (v + 256) << (e - 1)
	}
	if b&0x80 == 0 {
		v = -v
	}
	return float64(v) / (1 << 15)
}

func muLaw(b byte) float64 {
	b = ^b
	v := (int(b&15)<<3+132)<<(b>>4&7) - 132
	if b&0x80 != 0 {
		v = -v
	}
	return float64(v) / (1 << 15)
}

func (d *wavDecoder) rate() int     { return int(min(d.w.rate, math.MaxInt32)) }
func (d *wavDecoder) channels() int { return d.w.channels }

func (d *wavDecoder) next() ([]float64, error) {
	n, err := io.ReadFull(d.r, d.raw)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	d.out = d.out[:0]
	for at := 0; at+d.frame <= n; at += d.frame {
		for c := range d.w.channels {
			d.out = append(d.out, d.value(d.raw[at+c*d.width:]))
		}
	}
	return d.out, err
}
