package audio

import (
	"encoding/binary"
	"math"
	"time"
)

// frame is the header of an MPEG audio frame (ISO/IEC 11172-3 section 2.4.2.3, and 13818-3 for the lower rates).
type frame struct {
	version, layer int // 1, 2, or 25 for the unofficial 2.5; 1 to 3
	bitrate, rate  int
	channels       int
	size           int64 // bytes
	samples        int
}

// bitrates in kbit/s by table and index: layers I, II and III of version 1, then I and the others of version 2.
var bitrates = [5][16]int{
	{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
	{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}

func parseFrame(h []byte) (f frame, ok bool) {
	if len(h) < 4 || h[0] != 0xff || h[1]&0xe0 != 0xe0 {
		return f, false
	}
	switch h[1] >> 3 & 3 {
	case 0:
		f.version = 25
	case 2:
		f.version = 2
	case 3:
		f.version = 1
	default:
		return f, false
	}
	f.layer = 4 - int(h[1]>>1&3)
	index := h[2] >> 2 & 3
	if f.layer == 4 || index == 3 || h[2]>>4 == 15 || h[2]>>4 == 0 || h[3]&3 == 2 {
		return f, false // reserved, or the free format, whose size is unknown
	}
	f.rate = [...]int{44100, 48000, 32000}[index]
	table := f.layer - 1
	f.samples = [...]int{384, 1152, 1152}[f.layer-1]
	switch f.version {
	case 2, 25:
		f.rate /= 2
		table = min(f.layer+2, 4)
		if f.layer == 3 {
			f.samples = 576
		}
	}
	if f.version == 25 {
		f.rate /= 2
	}
	f.bitrate = bitrates[table][h[2]>>4] * 1000
	f.channels = 2
	if h[3]>>6 == 3 {
		f.channels = 1
	}
	pad := int64(h[2] >> 1 & 1)
	if f.layer == 1 {
		f.size = (12*int64(f.bitrate)/int64(f.rate) + pad) * 4
	} else {
		f.size = int64(f.samples)/8*int64(f.bitrate)/int64(f.rate) + pad
	}
	return f, true
}

// probeMP3 looks for a frame with another of its kind behind it.
func probeMP3(b *budget, start int64) (Info, bool) {
	const scanned = 8 << 10
	head := b.read(start, scanned)
	for i := 0; i+4 <= len(head); i++ {
		f, ok := parseFrame(head[i:])
		if !ok {
			continue
		}
		at := start + int64(i)
		if next := at + f.size; next+4 <= b.size {
			g, ok := parseFrame(b.read(next, 4))
			if !ok || g.version != f.version || g.layer != f.layer || g.rate != f.rate {
				continue
			}
		} else if at+f.size > b.size {
			continue // the only frame is not whole
		}
		return mp3Info(b, at, f), true
	}
	return Info{}, false
}

func mp3Info(b *budget, at int64, f frame) Info {
	i := Info{Container: "mp3", Codec: [...]string{"mp1", "mp2", "mp3"}[f.layer-1], SampleRate: f.rate, Channels: f.channels, Bitrate: f.bitrate}
	rest := b.size - at
	if tag := b.read(b.size-128, 3); string(tag) == "TAG" && rest > 128 {
		rest -= 128 // ID3v1
	}
	if frames, bytes := vbr(b, at, f); frames > 0 {
		i.Duration = seconds(uint64(frames)*uint64(f.samples), uint64(f.rate))
		if bytes > rest {
			i.Truncated = true
			i.Duration = time.Duration(float64(i.Duration) * float64(rest) / float64(bytes))
		}
		i.Bitrate = 0
		if rate := float64(min(max(bytes, 1), rest)) * 8 / max(i.Duration.Seconds(), .001); bytes > 0 && rate < math.MaxInt32 {
			i.Bitrate = int(rate)
		}
		return i
	}
	i.Duration = time.Duration(float64(rest) * 8 / float64(f.bitrate) * float64(time.Second))
	return i
}

// vbr reads the number of frames and bytes that the headers Xing, Info and VBRI of a first frame tell.
func vbr(b *budget, at int64, f frame) (frames, bytes int64) {
	be := binary.BigEndian
	side := int64(32)
	switch {
	case f.version == 1 && f.channels == 1, f.version != 1 && f.channels == 2:
		side = 17
	case f.version != 1:
		side = 9
	}
	if x := b.read(at+4+side, 16); len(x) == 16 && (string(x[:4]) == "Xing" || string(x[:4]) == "Info") {
		flags, p := be.Uint32(x[4:]), 8
		if flags&1 != 0 {
			frames, p = int64(be.Uint32(x[p:])), p+4
		}
		if flags&2 != 0 {
			bytes = int64(be.Uint32(x[p:]))
		}
	} else if v := b.read(at+4+32, 18); len(v) == 18 && string(v[:4]) == "VBRI" {
		bytes, frames = int64(be.Uint32(v[10:])), int64(be.Uint32(v[14:]))
	}
	// No frame is shorter than its header.
	if frames > (b.size-at)/4+1 && bytes <= b.size {
		frames = 0
	}
	return frames, bytes
}
