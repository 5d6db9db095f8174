package audio

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// wav is a parsed header (Microsoft's Multiple Channel Audio Data and WAVE Files, and EBU Tech 3306 for RF64).
type wav struct {
	tag            uint16
	channels, bits int // bits of a sample as it is stored
	valid          int // bits of it that count
	rate, byteRate int64
	align          int64 // bytes of a frame
	data           int64 // where the samples begin
	bytes          int64 // of samples that are there
	open, cut      bool  // the size was left open; less is there than it says
	samples        uint64
}

const (
	tagPCM, tagFloat, tagALaw, tagMuLaw = 1, 3, 6, 7
	tagExtensible                       = 0xfffe
	// maxChunks bounds the chunks before the samples.
	maxChunks = 256
)

// subformat is the end of the GUID that a tag of WAVE_FORMAT_EXTENSIBLE stands before (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX).
const subformat = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

func parseWAV(b *budget, start int64) (*wav, error) {
	le := binary.LittleEndian
	var (
		w       *wav
		data64  uint64
		samples uint64
	)
	at := start + 12
	for range maxChunks {
		h := b.read(at, 8)
		if len(h) < 8 {
			break
		}
		id, size := string(h[:4]), int64(le.Uint32(h[4:]))
		body := at + 8
		switch id {
		case "ds64":
			if d := b.read(body, 24); len(d) == 24 {
				data64, samples = le.Uint64(d[8:]), le.Uint64(d[16:])
			}
		case "fact":
			if d := b.read(body, 4); len(d) == 4 && samples == 0 {
				samples = uint64(le.Uint32(d))
			}
		case "fmt ":
			f := b.read(body, min(size, 40))
			if len(f) < 16 {
				return nil, damaged("a WAV format of %d bytes", len(f))
			}
			w = &wav{
				tag: le.Uint16(f), channels: int(le.Uint16(f[2:])), rate: int64(le.Uint32(f[4:])), byteRate: int64(le.Uint32(f[8:])),
				align: int64(le.Uint16(f[12:])), bits: int(le.Uint16(f[14:])),
			}
			w.valid = w.bits
			if w.tag == tagExtensible && len(f) == 40 && string(f[26:40]) == subformat {
				if v := int(le.Uint16(f[18:])); v > 0 && v <= w.bits {
					w.valid = v
				}
				w.tag = le.Uint16(f[24:])
			}
			if w.channels == 0 || w.rate == 0 {
				return nil, damaged("a WAV format of %d channels at %d Hz", w.channels, w.rate)
			}
		case "data":
			if w == nil {
				return nil, damaged("WAV samples before their format")
			}
			w.place(b.size, body, size, data64)
			w.samples = samples
			return w, nil
		}
		at = body + size + size&1
	}
	if w == nil {
		return nil, damaged("a WAV file without a format")
	}
	return nil, damaged("a WAV file without samples")
}

// place settles where the samples are. 0xffffffff refers to ds64, or is, like 0, a size that a streaming writer left open.
func (w *wav) place(file, at, size int64, data64 uint64) {
	w.data = at
	rest := max(file-at, 0)
	switch {
	case size == math.MaxUint32 && data64 > 0 && data64 <= math.MaxInt64:
		size = int64(data64)
	case size == math.MaxUint32, size == 0:
		size, w.open = rest, true
	}
	w.bytes, w.cut = min(size, rest), size > rest
}

func (w *wav) info() Info {
	i := Info{Container: "wav", Codec: w.codec(), SampleRate: int(w.rate), Channels: w.channels, Truncated: w.cut}
	if w.pcm() {
		i.BitDepth = w.valid
		frame := int64(w.channels) * int64((w.bits+7)/8)
		if w.align >= frame {
			frame = w.align
		}
		i.Duration = seconds(uint64(w.bytes/frame), uint64(w.rate))
		if bits := float64(frame) * 8 * float64(w.rate); bits < math.MaxInt32 {
			i.Bitrate = int(bits)
		}
		return i
	}
	if w.samples > 0 && !w.cut && !w.open {
		i.Duration = seconds(w.samples, uint64(w.rate))
		// A count that the bytes cannot hold is none: no codec here has 100 samples in a byte.
		if w.samples/100 > uint64(w.bytes)+1 {
			i.Duration = 0
		}
	}
	if i.Duration == 0 && w.byteRate > 0 {
		i.Duration = time.Duration(float64(w.bytes) / float64(w.byteRate) * float64(time.Second))
	}
	if w.byteRate > 0 && w.byteRate < math.MaxInt32/8 {
		i.Bitrate = int(w.byteRate) * 8
	}
	return i
}

// pcm says whether each sample stands for itself.
func (w *wav) pcm() bool {
	switch w.tag {
	case tagPCM:
		return w.bits > 0 && w.bits <= 64
	case tagFloat:
		return w.bits == 32 || w.bits == 64
	case tagALaw, tagMuLaw:
		return w.bits == 8
	}
	return false
}

// codec is named as FFmpeg names it.
func (w *wav) codec() string {
	switch {
	case !w.pcm():
		return fmt.Sprintf("wav_%#04x", w.tag)
	case w.tag == tagPCM && w.bits <= 8:
		return "pcm_u8"
	case w.tag == tagPCM:
		return fmt.Sprintf("pcm_s%dle", (w.bits+7)/8*8)
	case w.tag == tagFloat:
		return fmt.Sprintf("pcm_f%dle", w.bits)
	case w.tag == tagALaw:
		return "pcm_alaw"
	}
	return "pcm_mulaw"
}
