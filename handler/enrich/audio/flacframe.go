package audio

import (
	"fmt"
	"io"
	"math"
)

// flacDecoder decodes FLAC (RFC 9639) frame by frame. It is written here because the library that parses headers takes more than half of
// the time that measuring may take.
type flacDecoder struct {
	info    Info
	b       bitReader
	total   uint64 // samples of a channel in the stream, 0 for unknown
	seen    uint64
	samples [8][]int64
	out     []float64
}

func newFLACDecoder(r io.Reader) (decoder, error) {
	var head [42]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, damaged("FLAC: %v", err)
	}
	info, err := flacInfo(head[4:])
	if err != nil {
		return nil, err
	}
	d := &flacDecoder{info: info, b: bitReader{r: r}}
	block := head[8:]
	d.total = uint64(block[13]&15)<<32 | uint64(block[14])<<24 | uint64(block[15])<<16 | uint64(block[16])<<8 | uint64(block[17])
	for last := head[4]&0x80 != 0; !last; {
		var next [4]byte
		if _, err := io.ReadFull(r, next[:]); err != nil {
			return nil, damaged("FLAC: %v", err)
		}
		last = next[0]&0x80 != 0
		if _, err := io.CopyN(io.Discard, r, int64(next[1])<<16|int64(next[2])<<8|int64(next[3])); err != nil {
			return nil, damaged("FLAC: %v", err)
		}
	}
	return d, nil
}

func (d *flacDecoder) rate() int     { return d.info.SampleRate }
func (d *flacDecoder) channels() int { return d.info.Channels }

func (d *flacDecoder) next() ([]float64, error) {
	if d.total > 0 && d.seen >= d.total || !d.b.next() {
		if d.b.err != nil {
			return nil, fmt.Errorf("audio: %w", d.b.err)
		}
		return nil, io.EOF
	}
	n, depth, ok := d.frame()
	if d.b.err != nil {
		return nil, fmt.Errorf("audio: %w", d.b.err)
	}
	if !ok || checksum(&crc16Table, d.crc()) != 0 {
		return nil, damaged("FLAC: the frame at sample %d", d.seen)
	}
	d.seen += uint64(n)
	scale, channels := math.Pow(2, 1-float64(depth)), d.info.Channels
	if cap(d.out) < n*channels {
		d.out = make([]float64, n*channels)
	}
	d.out = d.out[:n*channels]
	for c := range channels {
		for i, s := range d.samples[c][:n] {
			d.out[i*channels+c] = float64(s) * scale
		}
	}
	return d.out, nil
}

// crc returns the whole frame with its checksum, nothing when that is cut off.
func (d *flacDecoder) crc() []byte {
	d.b.align()
	if _, ok := d.b.bits(16); !ok {
		return []byte{1}
	}
	return d.b.align()
}

// frame decodes one up to its checksum, and returns how many samples of each channel it has and how many bits a sample.
func (d *flacDecoder) frame() (n int, depth uint, ok bool) {
	b := &d.b
	head, ok := b.bits(32)
	// The code of synchronisation and a reserved bit; another reserved one.
	if !ok || head>>17 != 0x7ffc || head&1 != 0 {
		return 0, 0, false
	}
	size, rate, assignment, depthCode := head>>12&15, head>>8&15, head>>4&15, head>>1&7
	first, _ := b.bits(8) // the number of the frame, as UTF-8 would write it
	for mask := uint64(0x80); first&mask != 0 && mask > 1; mask >>= 1 {
		if mask == 0x80 {
			continue
		}
		if _, ok := b.bits(8); !ok {
			return 0, 0, false
		}
	}
	switch {
	case size == 1:
		n = 192
	case size >= 2 && size <= 5:
		n = 576 << (size - 2)
	case size == 6, size == 7:
		v, ok := b.bits(uint(size-5) * 8)
		if !ok {
			return 0, 0, false
		}
		n = int(v) + 1
	case size >= 8:
		n = 256 << (size - 8)
	}
	switch rate {
	case 12:
		_, ok = b.bits(8)
	case 13, 14:
		_, ok = b.bits(16)
	case 15:
		ok = false
	}
	depth = [8]uint{uint(d.info.BitDepth), 8, 12, 0, 16, 20, 24, 32}[depthCode]
	channels := int(assignment) + 1
	if assignment >= 8 {
		channels = 2
	}
	if _, has := b.bits(8); !ok || !has || n == 0 || n > 65535 || depth < 4 || depth > 32 || assignment > 10 || channels != d.info.Channels || checksum(&crc8Table, b.align())>>8 != 0 {
		return 0, 0, false
	}
	for c := range channels {
		if cap(d.samples[c]) < n {
			d.samples[c] = make([]int64, n)
		}
		side := assignment == 8 && c == 1 || assignment == 9 && c == 0 || assignment == 10 && c == 1
		bits := depth
		if side {
			bits++
		}
		if !b.subframe(d.samples[c][:n], bits) {
			return 0, 0, false
		}
	}
	left, right := d.samples[0][:n], d.samples[1][:min(n, len(d.samples[1]))]
	switch assignment {
	case 8:
		for i, l := range left {
			right[i] = l - right[i]
		}
	case 9:
		for i, r := range right {
			left[i] += r
		}
	case 10:
		for i, m := range left {
			s := right[i]
			m = m<<1 | s&1
			left[i], right[i] = (m+s)>>1, (m-s)>>1
		}
	}
	return n, depth, true
}

// subframe decodes one channel, of that many bits a sample.
func (b *bitReader) subframe(dst []int64, depth uint) bool {
	head, ok := b.bits(8)
	if !ok || head&0x80 != 0 {
		return false
	}
	wasted := uint(0)
	if head&1 != 0 {
		zeros, ok := b.unary()
		if !ok || zeros+1 >= uint64(depth) {
			return false
		}
		wasted = uint(zeros) + 1
	}
	depth -= wasted
	switch kind := int(head >> 1); {
	case kind == 0:
		v, has := b.signed(depth)
		for i := range dst {
			dst[i] = v
		}
		ok = has
	case kind == 1:
		ok = b.verbatim(dst, depth)
	case kind >= 8 && kind <= 12:
		order := kind - 8
		if ok = order <= len(dst) && b.verbatim(dst[:order], depth) && b.residual(dst, order); ok {
			predictFixed(dst, order)
		}
	case kind >= 32:
		ok = b.linear(dst, kind-31, depth)
	default:
		ok = false
	}
	if wasted > 0 {
		for i := range dst {
			dst[i] <<= wasted
		}
	}
	return ok
}

func (b *bitReader) verbatim(dst []int64, depth uint) bool {
	for i := range dst {
		v, ok := b.signed(depth)
		if !ok {
			return false
		}
		dst[i] = v
	}
	return true
}

// residual reads what prediction left, behind the first samples.
func (b *bitReader) residual(dst []int64, order int) bool {
	head, ok := b.bits(6)
	method, partitions := head>>4, 1<<(head&15)
	size := len(dst) / partitions
	if !ok || method > 1 || size*partitions != len(dst) || size < order {
		return false
	}
	width := 4 + uint(method)
	for p := range partitions {
		from, to := max(p*size, order), (p+1)*size
		k, ok := b.bits(width)
		if !ok {
			return false
		}
		if k != 1<<width-1 {
			if !b.rice(dst[from:to], uint(k)) {
				return false
			}
		} else {
			raw, ok := b.bits(5)
			if !ok {
				return false
			}
			if raw == 0 {
				clear(dst[from:to])
			} else if !b.verbatim(dst[from:to], uint(raw)) {
				return false
			}
		}
	}
	return true
}

// predictFixed adds the prediction by a polynomial of the order to what it left.
func predictFixed(s []int64, order int) {
	switch order {
	case 1:
		for i := 1; i < len(s); i++ {
			s[i] += s[i-1]
		}
	case 2:
		for i := 2; i < len(s); i++ {
			s[i] += 2*s[i-1] - s[i-2]
		}
	case 3:
		for i := 3; i < len(s); i++ {
			s[i] += 3*s[i-1] - 3*s[i-2] + s[i-3]
		}
	case 4:
		for i := 4; i < len(s); i++ {
			s[i] += 4*s[i-1] - 6*s[i-2] + 4*s[i-3] - s[i-4]
		}
	}
}

// linear decodes a channel that is predicted from its last samples.
func (b *bitReader) linear(dst []int64, order int, depth uint) bool {
	if order > len(dst) || !b.verbatim(dst[:order], depth) {
		return false
	}
	precision, _ := b.bits(4)
	shift, ok := b.signed(5)
	if !ok || precision == 15 || shift < 0 {
		return false
	}
	var coefficients [32]int64 // the last sample's at the end
	weights := coefficients[:order]
	for i := range weights {
		if weights[order-1-i], ok = b.signed(uint(precision) + 1); !ok {
			return false
		}
	}
	if !b.residual(dst, order) {
		return false
	}
	for i := order; i < len(dst); i++ {
		sum := int64(0)
		past := dst[i-order : i]
		for j, w := range weights[:len(past)] {
			sum += w * past[j]
		}
		dst[i] += sum >> uint(shift)
	}
	return true
}
