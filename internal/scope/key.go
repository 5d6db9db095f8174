package scope

import "math/bits"

// Key hashes an identifier to the key of a chain.Root: FNV-1a, then a finaliser so that every bit is usable for a
// draw. Never 0 for a non-empty id; 0 for an empty one.
func Key(id string) uint64 {
	if id == "" {
		return 0
	}
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return mix(h)
}

// TraceKey is Key for a trace identifier in binary; 0 for the all-zero trace. It equals Key of its 32 hex digits, so that a
// record that carries trace_id as text is drawn like one whose context has the trace.
func TraceKey(t [16]byte) uint64 {
	if t == ([16]byte{}) {
		return 0
	}
	const digits = "0123456789abcdef"
	h := uint64(14695981039346656037)
	for _, b := range t {
		h = (h ^ uint64(digits[b>>4])) * 1099511628211
		h = (h ^ uint64(digits[b&15])) * 1099511628211
	}
	return mix(h)
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
func mix(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	h ^= h >> 31
	return h | uint64(bits.LeadingZeros64(h)>>6)
}
