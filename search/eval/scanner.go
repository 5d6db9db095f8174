package eval

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/sluicelog/sluice/search"
)

// maxNesting bounds what is taken apart; deeper lines are text.
const maxNesting = 200

// scanner reads JSON text from pos on.
type scanner struct {
	text []byte
	pos  int
}

func (s *scanner) space() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t' || s.text[s.pos] == '\n' || s.text[s.pos] == '\r') {
		s.pos++
	}
}

func (s *scanner) atEnd() bool {
	s.space()
	return s.pos == len(s.text)
}

// take moves past c and white space.
func (s *scanner) take(c byte) bool {
	if s.pos >= len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	s.space()
	return true
}

// object reads an object and adds its leaves to r.
func (s *scanner) object(r *Record, depth int) bool {
	if depth > maxNesting || !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	outer := len(r.path)
	for {
		raw, escaped, ok := s.str()
		if !ok || !s.take(':') {
			return false
		}
		if outer > 0 {
			r.path = append(r.path, '.')
		}
		if escaped {
			r.path = appendUnescaped(r.path, raw)
		} else {
			r.path = append(r.path, raw...)
		}
		if !s.value(r, depth+1, nil) {
			return false
		}
		r.path = r.path[:outer]
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// value reads a value and adds its leaves to r. Elements of one list share path.
func (s *scanner) value(r *Record, depth int, path []byte) bool {
	if s.pos >= len(s.text) {
		return false
	}
	switch c := s.text[s.pos]; c {
	case '{':
		return s.object(r, depth)
	case '[':
		if depth > maxNesting {
			return false
		}
		s.take('[')
		if s.take(']') {
			return true
		}
		if path == nil {
			path = r.keep(r.path)
		}
		for {
			if !s.value(r, depth+1, path) {
				return false
			}
			if s.take(']') {
				return true
			}
			if !s.take(',') {
				return false
			}
		}
	case '"':
		raw, escaped, ok := s.str()
		if !ok {
			return false
		}
		if escaped {
			from := len(r.arena)
			r.arena = appendUnescaped(r.arena, raw)
			raw = r.arena[from:len(r.arena):len(r.arena)]
		}
		r.add(path, search.String, raw)
	case 't', 'f', 'n':
		for _, word := range [...]string{"true", "false", "null"} {
			if rest := s.text[s.pos:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
				if c != 'n' {
					r.add(path, search.Boolean, rest[:len(word)])
				}
				s.pos += len(word)
				s.space()
				return true
			}
		}
		return false
	default:
		from := s.pos
		if !s.number() {
			return false
		}
		r.add(path, search.Numeric, s.text[from:s.pos])
		s.space()
	}
	return true
}

func (r *Record) add(path []byte, typ search.ValueType, text []byte) {
	if path == nil {
		path = r.keep(r.path)
	}
	r.Leaves = append(r.Leaves, Leaf{Path: path, Type: typ, Text: text})
}

// keep copies b to where it stays until the next record.
func (r *Record) keep(b []byte) []byte {
	from := len(r.arena)
	r.arena = append(r.arena, b...)
	return r.arena[from:len(r.arena):len(r.arena)]
}

// str reads a string and returns what is between its quotes.
func (s *scanner) str() (raw []byte, escaped, ok bool) {
	if s.pos >= len(s.text) || s.text[s.pos] != '"' {
		return nil, false, false
	}
	from := s.pos + 1
	for i := from; ; {
		n := bytes.IndexByte(s.text[i:], '"')
		if n < 0 {
			return nil, false, false
		}
		if b := bytes.IndexByte(s.text[i:i+n], '\\'); b >= 0 {
			escaped = true
			i += b + 2
			if i > len(s.text) {
				return nil, false, false
			}
			continue
		}
		raw = s.text[from : i+n]
		s.pos = i + n + 1
		s.space()
		return raw, escaped, true
	}
}

// number moves past a number of JSON.
func (s *scanner) number() bool {
	digits := func() bool {
		from := s.pos
		for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > from
	}
	at := func(set string) bool {
		if s.pos < len(s.text) && bytes.IndexByte([]byte(set), s.text[s.pos]) >= 0 {
			s.pos++
			return true
		}
		return false
	}
	at("-")
	if !digits() || at(".") && !digits() {
		return false
	}
	if at("eE") {
		at("+-")
		return digits()
	}
	return true
}

// appendUnescaped appends the string that raw stands for between quotes.
func appendUnescaped(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if i+1 < len(raw) {
			if at := bytes.IndexByte([]byte(`"\/bfnrt`), raw[i+1]); at >= 0 {
				dst = append(dst, "\"\\/\b\f\n\r\t"[at])
				i += 2
				continue
			}
		}
		// \u, perhaps a pair of them
		end := i + 2
		for end < len(raw) && end < i+6 {
			end++
		}
		if end+6 <= len(raw) && raw[end] == '\\' && raw[end+1] == 'u' {
			if pair, ok := unquote(raw[i : end+6]); ok && utf8.RuneCountInString(pair) == 1 {
				dst = append(dst, pair...)
				i = end + 6
				continue
			}
		}
		one, ok := unquote(raw[i:end])
		if !ok {
			one = string(utf8.RuneError)
		}
		dst = append(dst, one...)
		i = end
	}
	return dst
}

func unquote(raw []byte) (s string, ok bool) {
	quoted := append(append([]byte{'"'}, raw...), '"')
	return s, json.Unmarshal(quoted, &s) == nil
}
