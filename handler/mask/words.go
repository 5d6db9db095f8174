package mask

// maxKey is how many bytes of a key are read: the last ones, since the end says what a key is.
const maxKey = 128

// appendWords appends key in the one spelling in which keys are compared: words in lower case with an underscore
// between them. Words end at whatever is neither letter nor digit, before a capital after a small letter or a digit (userName), before the
// last of several capitals (APIKey), and between letters and a number after them (password1).
func appendWords(dst []byte, key string) []byte {
	if len(key) > maxKey {
		key = key[len(key)-maxKey:]
	}
	start := len(dst)
	prev := byte('_')
	for i := range len(key) {
		c := key[i]
		if !lower(c) && !upper(c) && !digit(c) && c < 0x80 {
			prev = '_'
			continue
		}
		cut := prev == '_'
		switch {
		case upper(c):
			cut = cut || lower(prev) || digit(prev) || upper(prev) && i+1 < len(key) && lower(key[i+1])
		case digit(c):
			cut = cut || !digit(prev)
		}
		if cut && len(dst) > start {
			dst = append(dst, '_')
		}
		prev = c
		if upper(c) {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// lastWord returns where the last word of words begins.
func lastWord(words []byte) int {
	i := len(words)
	for i > 0 && words[i-1] != '_' {
		i--
	}
	return i
}
