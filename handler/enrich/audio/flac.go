package audio

import (
	"bytes"

	"github.com/mewkiz/flac/meta"
)

// probeFLAC reads STREAMINFO, which comes first (RFC 9639, section 8.2).
func probeFLAC(b *budget, start int64) (Info, error) {
	block := b.read(start+4, 38)
	return flacInfo(block)
}

func flacInfo(block []byte) (Info, error) {
	if len(block) < 38 || block[0]&0x7f != 0 {
		return Info{}, damaged("a FLAC file without STREAMINFO")
	}
	parsed, err := meta.Parse(bytes.NewReader(block))
	if err != nil {
		return Info{}, damaged("FLAC: %v", err)
	}
	s, ok := parsed.Body.(*meta.StreamInfo)
	if !ok || s.SampleRate == 0 || s.NChannels == 0 {
		return Info{}, damaged("a FLAC file without STREAMINFO")
	}
	return Info{
		Container: "flac", Codec: "flac", SampleRate: int(s.SampleRate), Channels: int(s.NChannels), BitDepth: int(s.BitsPerSample),
		Duration: seconds(s.NSamples, uint64(s.SampleRate)),
	}, nil
}
