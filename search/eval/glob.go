package eval

import (
	"bytes"
	"unicode/utf8"
)

// glob is a wildcard pattern: literal parts with any characters between them.
type glob struct {
	parts [][]byte // pieces between stars, in which any is a character that may be any one
	ones  []bool   // which parts have such characters
}

// anyOne stands for one character in a part: no UTF-8 has this byte.
const anyOne = 0xff

func newGlob(pattern string) *glob {
	g := &glob{parts: [][]byte{nil}, ones: []bool{false}}
	for i := 0; i < len(pattern); i++ {
		last := len(g.parts) - 1
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			g.parts[last] = append(g.parts[last], pattern[i])
		case c == '*':
			g.parts, g.ones = append(g.parts, nil), append(g.ones, false)
		case c == '?':
			g.parts[last], g.ones[last] = append(g.parts[last], anyOne), true
		default:
			g.parts[last] = append(g.parts[last], c)
		}
	}
	return g
}

// match says whether the whole of s matches: the first part at its start, the last at its end, each other at the first place
// behind the one before.
func (g *glob) match(s []byte) bool {
	n, ok := g.at(0, s)
	if !ok {
		return false
	}
	if len(g.parts) == 1 {
		return n == len(s)
	}
	s = s[n:]
	last := len(g.parts) - 1
	for i := 1; i < last; i++ {
		if !g.ones[i] {
			at := bytes.Index(s, g.parts[i])
			if at < 0 {
				return false
			}
			s = s[at+len(g.parts[i]):]
			continue
		}
		for {
			if n, ok = g.at(i, s); ok {
				s = s[n:]
				break
			}
			if len(s) == 0 {
				return false
			}
			_, size := utf8.DecodeRune(s)
			s = s[size:]
		}
	}
	if !g.ones[last] {
		return bytes.HasSuffix(s, g.parts[last])
	}
	for {
		if n, ok = g.at(last, s); ok && n == len(s) {
			return true
		}
		if len(s) == 0 {
			return false
		}
		_, size := utf8.DecodeRune(s)
		s = s[size:]
	}
}

// at returns how many bytes of s the part covers at its start.
func (g *glob) at(part int, s []byte) (n int, ok bool) {
	p := g.parts[part]
	if !g.ones[part] {
		return len(p), bytes.HasPrefix(s, p)
	}
	for _, c := range p {
		if n >= len(s) {
			return 0, false
		}
		if c == anyOne {
			_, size := utf8.DecodeRune(s[n:])
			n += size
			continue
		}
		if s[n] != c {
			return 0, false
		}
		n++
	}
	return n, true
}
