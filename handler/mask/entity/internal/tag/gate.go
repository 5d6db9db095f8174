package tag

import "encoding/binary"

// Shut says at once that a text holds no candidate: no capital letter that begins a word, and no letter of another script. False says nothing.
func Shut(s string) bool {
	// A capital letter has bits 5 and 6 as 0 and 1; anything else with such bits (@ [ \ ] ^ _) opens the gate a little wider, at no harm.
	const high, caps = 0x8080808080808080, 0x4040404040404040
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := load64(s, i)
		if x&high|x&caps&^(x<<1) != 0 && open(s[i:i+8], s, i) {
			return false
		}
	}
	return i == len(s) || !open(s[i:], s, i)
}

// open says whether a part of s, at i, holds a capital before a small letter, or a byte of another script.
func open(part, s string, i int) bool {
	for k := range len(part) {
		c := part[k]
		if c >= 0x80 {
			return true
		}
		if 'A' <= c && c <= 'Z' {
			return true
		}
	}
	return false
}

func load64(s string, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

var _ = binary.LittleEndian
