package audio

import (
	"bytes"
	"encoding/binary"
	"math"
)

// probeOgg reads the first page of an Ogg file (RFC 3533), which has the codec's header, and looks for its last page, whose
// position is the number of samples.
func probeOgg(b *budget, start int64) (Info, error) {
	le := binary.LittleEndian
	page := b.read(start, 512)
	if len(page) < 28 || page[4] != 0 {
		return Info{}, damaged("an Ogg page of version %d", at(page, 4))
	}
	serial := le.Uint32(page[14:])
	segments := int(page[26])
	if len(page) < 27+segments+8 {
		return Info{}, damaged("an Ogg page that is cut")
	}
	packet := page[27+segments:]
	i := Info{Container: "ogg"}
	rate, skip := uint64(0), uint64(0)
	switch {
	case len(packet) >= 19 && string(packet[:8]) == "OpusHead": // RFC 7845, section 5.1
		i.Codec, i.Channels, rate, skip = "opus", int(packet[9]), 48000, uint64(le.Uint16(packet[10:]))
		i.SampleRate = int(le.Uint32(packet[12:])) // of what was encoded
		if i.SampleRate == 0 {
			i.SampleRate = 48000
		}
	case len(packet) >= 30 && string(packet[:7]) == "\x01vorbis": // Vorbis I, section 4.2.2
		i.Codec, i.Channels, i.SampleRate = "vorbis", int(packet[11]), int(le.Uint32(packet[12:]))
		if nominal := int32(le.Uint32(packet[20:])); nominal > 0 {
			i.Bitrate = int(nominal)
		}
	case len(packet) >= 51 && string(packet[:5]) == "\x7fFLAC" && string(packet[9:13]) == "fLaC": // RFC 9639, section 10.1
		f, err := flacInfo(packet[13:])
		if err != nil {
			return Info{}, err
		}
		i, i.Container = f, "ogg"
	case len(packet) >= 56 && string(packet[:8]) == "Speex   ":
		i.Codec, i.SampleRate, i.Channels = "speex", int(le.Uint32(packet[36:])), int(le.Uint32(packet[48:]))
	default:
		return Info{}, damaged("an Ogg stream that begins with %q", packet[:8])
	}
	if rate == 0 {
		rate = uint64(i.SampleRate)
	}
	if i.Channels == 0 || i.Channels > 255 || i.SampleRate <= 0 || i.SampleRate > 1<<24 {
		return Info{}, damaged("an Ogg stream of %d channels at %d Hz", i.Channels, i.SampleRate)
	}
	if n, ok := lastPosition(b, serial); ok && n > skip {
		i.Duration = seconds(n-skip, rate)
	}
	return i, nil
}

func at(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}

// lastPosition is the position of the last page of a stream, as far as it lies in the last bytes of the file.
func lastPosition(b *budget, serial uint32) (uint64, bool) {
	tail := b.read(max(b.size-48<<10, 0), 48<<10)
	for end := len(tail); ; {
		i := bytes.LastIndex(tail[:end], []byte("OggS"))
		if i < 0 {
			return 0, false
		}
		end = i
		if len(tail)-i < 27 || tail[i+4] != 0 || binary.LittleEndian.Uint32(tail[i+14:]) != serial {
			continue
		}
		// All ones: no packet ends on the page.
		if n := binary.LittleEndian.Uint64(tail[i+6:]); n < math.MaxInt64 {
			return n, true
		}
	}
}
