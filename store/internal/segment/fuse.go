package segment

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// A filter is a binary fuse filter of 8 bits (Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022):
// it never denies a key that it was built from and affirms another with a probability of 1/256.
type filter struct {
	seed   uint64
	length uint32 // of a segment, a power of two
	count  uint32 // of segments from which the first of a key's three places is taken
	prints []byte
}

// hashValue is the key of a value: FNV-1a over the path, a zero byte and the value, mixed as MurmurHash3 ends.
func hashValue(path string, value []byte) uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for i := range len(path) {
		h = (h ^ uint64(path[i])) * prime
	}
	h *= prime
	for _, c := range value {
		h = (h ^ uint64(c)) * prime
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// places returns the three places of a key.
func (f *filter) places(h uint64) (a, b, c uint32) {
	hi, _ := bits.Mul64(h, uint64(f.count)*uint64(f.length))
	a = uint32(hi)
	b, c = a+f.length, a+2*f.length
	b ^= uint32(h>>18) & (f.length - 1)
	c ^= uint32(h) & (f.length - 1)
	return a, b, c
}

func print8(h uint64) byte { return byte(h ^ h>>32) }

// newFilter builds a filter of keys, which it sorts.
func newFilter(keys []uint64) *filter {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	n := len(keys)
	f := &filter{length: 4}
	factor := 2.0
	if n > 1 {
		f.length = 1 << int(math.Floor(math.Log(float64(n))/math.Log(3.33)+2.25))
		f.length = min(max(f.length, 4), 1<<18)
		factor = math.Max(1.125, 0.875+0.25*math.Log(1e6)/math.Log(float64(n)))
	}
	capacity := uint32(math.Ceil(float64(n) * factor))
	f.count = max((capacity+f.length-1)/f.length, 3) - 2
	f.prints = make([]byte, (f.count+2)*f.length)
	size := len(f.prints)
	xors, counts := make([]uint64, size), make([]uint8, size)
	stack, at, alone := make([]uint64, 0, n), make([]uint32, 0, n), make([]uint32, 0, size)
	for try := uint64(1); ; try++ {
		f.seed = mix(try)
		clear(xors)
		clear(counts)
		full := false
		for _, k := range keys {
			h := mix(k + f.seed)
			a, b, c := f.places(h)
			for _, p := range [3]uint32{a, b, c} {
				xors[p] ^= h
				counts[p]++
				full = full || counts[p] == 0
			}
		}
		if full {
			continue
		}
		stack, at, alone = stack[:0], at[:0], alone[:0]
		for p, c := range counts {
			if c == 1 {
				alone = append(alone, uint32(p))
			}
		}
		for len(alone) > 0 {
			p := alone[len(alone)-1]
			alone = alone[:len(alone)-1]
			if counts[p] != 1 {
				continue
			}
			h := xors[p]
			stack, at = append(stack, h), append(at, p)
			a, b, c := f.places(h)
			for _, q := range [3]uint32{a, b, c} {
				xors[q] ^= h
				if counts[q]--; counts[q] == 1 {
					alone = append(alone, q)
				}
			}
		}
		if len(stack) == n {
			break
		}
	}
	for i := n - 1; i >= 0; i-- {
		h, p := stack[i], at[i]
		a, b, c := f.places(h)
		f.prints[p] = print8(h) ^ f.prints[a] ^ f.prints[b] ^ f.prints[c] ^ f.prints[p]
	}
	return f
}

// has says whether the key may be among those of the filter.
func (f *filter) has(key uint64) bool {
	h := mix(key + f.seed)
	a, b, c := f.places(h)
	return print8(h) == f.prints[a]^f.prints[b]^f.prints[c]
}

func (f *filter) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, f.seed)
	dst = binary.LittleEndian.AppendUint32(dst, f.length)
	dst = binary.LittleEndian.AppendUint32(dst, f.count)
	return append(dst, f.prints...)
}

func readFilter(b []byte) (*filter, error) {
	if len(b) < 16 {
		return nil, corrupt("filter of %d bytes", len(b))
	}
	f := &filter{seed: binary.LittleEndian.Uint64(b), length: binary.LittleEndian.Uint32(b[8:]), count: binary.LittleEndian.Uint32(b[12:]), prints: b[16:]}
	if f.length == 0 || f.length&(f.length-1) != 0 || (uint64(f.count)+2)*uint64(f.length) != uint64(len(f.prints)) {
		return nil, corrupt("filter: %d segments of %d in %d bytes", f.count, f.length, len(f.prints))
	}
	return f, nil
}
