package enrich

import (
	"encoding/hex"
	"strings"
)

// maxTemplate bounds, in bytes, how much of an error's message goes into its fingerprint.
const maxTemplate = 1024

// fingerprint names a kind of error: 16 hex digits of FNV-1a (64 bits) over the types of its tree, its message without
// what varies, and the function that logged it. Lines do not count, so it outlives an edit of the file.
func fingerprint(types []string, message, function string) string {
	h := fnv(14695981039346656037)
	for _, t := range types {
		h = h.add(t)
	}
	h = h.add(template(message)).add(function)
	var b [8]byte
	for i := range b {
		b[i] = byte(h >> (56 - 8*i))
	}
	return hex.EncodeToString(b[:])
}

// fnv is FNV-1a of texts, each followed by a byte that ends it (0xff is in no valid text).
type fnv uint64

func (h fnv) add(text string) fnv {
	for i := 0; i < len(text); i++ {
		h = (h ^ fnv(text[i])) * 1099511628211
	}
	return (h ^ 0xff) * 1099511628211
}

// template returns message with what varies from one error to the next taken out: quoted texts become "?", and words
// with a digit in them, and words of eight and more letters that are all hex digits, become #. A word is letters and digits,
// also joined by one of -_.:/@%+ (an address, a path, a time, a UUID).
func template(message string) string {
	if len(message) > maxTemplate {
		message = message[:maxTemplate]
	}
	var b strings.Builder
	b.Grow(len(message))
	for i := 0; i < len(message); {
		c := message[i]
		switch {
		case (c == '"' || c == '`' || c == '\'') && (i == 0 || !wordByte(message[i-1])):
			if n := quoted(message[i:]); n > 0 {
				b.WriteString(`"?"`)
				i += n
				continue
			}
			b.WriteByte(c)
			i++
		case wordByte(c):
			n, varies := word(message[i:])
			if varies {
				b.WriteByte('#')
			} else {
				b.WriteString(message[i : i+n])
			}
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// quoted is the length of the quoted text at the start of s, 0 when it does not end.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if s[0] != '`' {
				i++
			}
		case s[0]:
			return i + 1
		}
	}
	return 0
}

// word measures the word at the start of s and says whether it is one that varies.
func word(s string) (n int, varies bool) {
	allHex := true
	for n < len(s) {
		c := s[n]
		switch {
		case c >= '0' && c <= '9':
			varies = true
		case wordByte(c):
			allHex = allHex && (c|0x20) >= 'a' && (c|0x20) <= 'f'
		case strings.IndexByte("-_.:/@%+", c) >= 0 && n+1 < len(s) && wordByte(s[n+1]):
		default:
			return n, varies || allHex && n >= 8
		}
		n++
	}
	return n, varies || allHex && n >= 8
}

// wordByte says whether c is a letter, a digit, or part of a letter beyond ASCII.
func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || (c|0x20) >= 'a' && (c|0x20) <= 'z' || c >= 0x80
}

// Fingerprint names the kind of error that a record tells of: 16 hex digits that are the same for all records of the kind,
// whatever numbers, identifiers and quoted texts are in the message, and that outlive an edit of the file. For a record that
// carries an error it is the fingerprint of the root group error; for another it is made of its message.
func Fingerprint(r Record) string {
	if r.v.err == nil {
		return fingerprint(nil, r.v.rec.Message, function(r.v.rec.PC))
	}
	t := look(r.v.err)
	return fingerprint(t.types, t.texts[0], function(r.v.rec.PC))
}
