package segment

import "slices"

// Integers are written as planes: all lowest bytes, then all second bytes, and so on, so that bytes of one meaning stand
// together. Numbers under 16 share bytes: 8, 4 or 2 to one.

// width describes how many bits a number takes: 1, 2, 4, or a multiple of 8 up to 64; 0 when all numbers are zero.
type width = int

func widthOf(most uint64) width {
	switch {
	case most == 0:
		return 0
	case most < 2:
		return 1
	case most < 4:
		return 2
	case most < 16:
		return 4
	}
	w := 8
	for w < 64 && most>>w != 0 {
		w += 8
	}
	return w
}

// planeBytes is the size of n numbers of width w.
func planeBytes(n int, w width) int {
	if w < 8 {
		return (n*w + 7) / 8
	}
	return n * (w / 8)
}

func appendPlanes[T uint64 | uint32](dst []byte, vs []T, w width) []byte {
	start := len(dst)
	n := planeBytes(len(vs), w)
	dst = slices.Grow(dst, n)[:start+n]
	out := dst[start:]
	switch {
	case w == 0:
	case w < 8:
		per, shift, b := 8/w, 0, byte(0)
		for i, v := range vs {
			b |= byte(v) << shift
			if shift += w; shift == 8 {
				out[i/per] = b
				shift, b = 0, 0
			}
		}
		if shift > 0 {
			out[n-1] = b
		}
	default:
		for p := range w / 8 {
			plane, shift := out[p*len(vs):][:len(vs)], p*8
			for i, v := range vs {
				plane[i] = byte(v >> shift)
			}
		}
	}
	return dst
}

// readPlanes fills vs from b, which has planeBytes(len(vs), w) bytes.
func readPlanes[T uint64 | int64 | uint32](vs []T, b []byte, w width) {
	switch {
	case w == 0:
		clear(vs)
	case w < 8:
		per, mask := 8/w, byte(1)<<w-1
		for _, c := range b {
			some := vs[:min(per, len(vs))]
			vs = vs[len(some):]
			for i := range some {
				some[i] = T(c & mask)
				c >>= w
			}
		}
	default:
		for i, c := range b[:len(vs)] {
			vs[i] = T(c)
		}
		for p := 1; p < w/8; p++ {
			plane, shift := b[p*len(vs):(p+1)*len(vs)], p*8
			for i := range plane {
				vs[i] |= T(plane[i]) << shift
			}
		}
	}
}

func validWidth(w width) bool { return w == 0 || w == 1 || w == 2 || w == 4 || w%8 == 0 && w <= 64 }
