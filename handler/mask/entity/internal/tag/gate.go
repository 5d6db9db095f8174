package tag

// Shut says at once that a text holds no candidate: no capital letter, and no letter that is not ASCII. False says nothing.
func Shut(s string) bool {
	// Letters in capitals have bit 6 set and bit 5 not, and @ [ \ ] ^ _ too, which are looked at again.
	const high, bit6 = 0x8080808080808080, 0x4040404040404040
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := load64(s, i)
		if (x&high != 0 || x&bit6&^(x<<1) != 0) && open(s[i:i+8]) {
			return false
		}
	}
	return !open(s[i:])
}

func open(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
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
