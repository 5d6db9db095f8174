package tag

import (
	"unicode"
	"unicode/utf8"
)

// affixes appends features of how the word w begins and ends. Unknown says that no list of names has it.
func affixes(dst []uint64, w string, place uint64, unknown bool) []uint64 {
	var buf [48]byte
	b := lowerInto(buf[:0], w)
	u := uint64(0)
	if unknown {
		u = 1
	}
	n := len(b)
	end := n
	for k := range 4 {
		_, size := utf8.DecodeLastRune(b[:end])
		end -= size
		if end <= 0 {
			break
		}
		h := hashBytes(b[end:])
		if k > 0 {
			dst = append(dst, mix2(80+uint64(k), h, u))
		}
		if k >= 2 {
			dst = append(dst, mix2(84+uint64(k), h, u<<4|place))
		}
	}
	at := 0
	for k := range 4 {
		_, size := utf8.DecodeRune(b[at:])
		at += size
		if at >= n {
			break
		}
		if k >= 2 {
			dst = append(dst, mix2(88+uint64(k), hashBytes(b[:at]), u))
		}
	}
	return append(dst, mix2(92, uint64(min(n, 12)), u<<4|place))
}

func hashBytes(b []byte) uint64 {
	h := uint64(hashSeed)
	for _, c := range b {
		h = (h ^ uint64(c)) * hashPrime
	}
	return h ^ h>>29
}

// lowerInto appends w in lower case, cut to the room that dst has.
func lowerInto(dst []byte, w string) []byte {
	for i := 0; i < len(w) && len(dst)+utf8.UTFMax <= cap(dst); {
		if c := w[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(w[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}
