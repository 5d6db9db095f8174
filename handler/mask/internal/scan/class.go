package scan

// Classes of a byte. A word is a run of letters, digits, '_' and '-'.
const (
	upper  = 1 << iota // A-Z
	lower              // a-z
	digit              // 0-9
	dash               // -
	under              // _
	sign               // a byte at which the main loop looks closer
	gap                // a byte that may stand between the groups of a number
	base64             // + / =: what base64 has beside a word's bytes
	beyond             // a letter that is no hexadecimal digit

	letter = upper | lower
	word   = letter | digit | dash | under
)

var class = func() (t [256]uint16) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= lower
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c] |= upper
	}
	for c := '0'; c <= '9'; c++ {
		t[c] |= digit
	}
	for c := 'g'; c <= 'z'; c++ {
		t[c] |= beyond
		t[c-'a'+'A'] |= beyond
	}
	t['-'], t['_'] = dash, under
	for _, c := range "@:=%\\\"'>" {
		t[c] |= sign
	}
	for _, c := range " .()/+\u00a0" {
		if c < 0x80 {
			t[c] |= gap
		}
	}
	t[0xef] |= sign
	for _, c := range "+/=" {
		t[c] |= base64
	}
	// The first bytes of the no-break space, and of the no-break hyphen and its kin.
	t[0xc2], t[0xe2] = gap, gap
	return t
}()

func is(c byte, mask uint16) bool { return class[c]&mask != 0 }

// classes returns the classes of all bytes of s together, but for beyond.
func classes(s string) (m uint16) {
	for i := 0; i < len(s); i++ {
		m |= class[s[i]]
	}
	return m &^ beyond
}

// span returns the end of the run of the class's bytes that begins at i.
func span(s string, i int, mask uint16) int {
	for i < len(s) && class[s[i]]&mask != 0 {
		i++
	}
	return i
}

// spanBack returns the start of the run of the class's bytes that ends at i, at most limit bytes before.
func spanBack(s string, i, limit int, mask uint16) int {
	low := max(0, i-limit)
	for i > low && class[s[i-1]]&mask != 0 {
		i--
	}
	return i
}

func isHex(c byte) bool {
	return c-'0' < 10 || (c|0x20)-'a' < 6
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

// allHex reports whether s is hexadecimal digits and dashes alone, as hashes, trace ids and UUIDs are.
func allHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isHex(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

// equalFold reports whether s is want in whatever ASCII case; want is in lower case.
func equalFold(s, want string) bool {
	if len(s) != len(want) {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		if c != want[i] {
			return false
		}
	}
	return true
}
