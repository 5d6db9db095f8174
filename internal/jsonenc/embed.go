package jsonenc

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// embed writes src, which is valid JSON, as a value: without white space, under the rules for keys, depth and length
// that hold for all attributes.
func (b *Buffer) embed(src []byte) {
	if limit := b.enc.MaxValue; len(src) > limit {
		var compact bytes.Buffer
		if err := json.Compact(&compact, src); err == nil && compact.Len() > limit {
			b.Notes.Values++
			src = shrink(nil, compact.Bytes(), limit)
		}
	}
	b.embedValue(src, skipSpace(src, 0))
}

// embedValue writes the value that starts at src[i] and returns where it ends.
func (b *Buffer) embedValue(src []byte, i int) int {
	switch c := src[i]; c {
	case '"':
		end := skipString(src, i)
		if body := src[i+1 : end-1]; verbatim(body) {
			b.B = append(b.B, src[i:end]...)
		} else {
			b.B = appendString(b.B, unquote(src[i:end]))
		}
		return end
	case '{', '[':
		if b.depth+b.keyDots() >= b.enc.MaxDepth {
			end := skipValue(src, i)
			b.str(string(src[i:end]))
			return end
		}
		if c == '[' {
			return b.embedArray(src, i)
		}
		return b.embedObject(src, i)
	default:
		end := skipValue(src, i)
		b.B = append(b.B, src[i:end]...)
		return end
	}
}

func (b *Buffer) embedObject(src []byte, i int) int {
	outer := b.openObject()
	i = skipSpace(src, i+1)
	for src[i] != '}' {
		end := skipString(src, i)
		if body := src[i+1 : end-1]; verbatim(body) && bytes.IndexByte(body, '\\') < 0 {
			b.key(string(body))
		} else {
			b.key(unquote(src[i:end]))
		}
		i = skipSpace(src, end) // at the colon
		i = skipSpace(src, i+1)
		i = skipSpace(src, b.embedValue(src, i))
		if src[i] == ',' {
			i = skipSpace(src, i+1)
		}
	}
	b.close(outer)
	return i + 1
}

func (b *Buffer) embedArray(src []byte, i int) int {
	deeper := 1 + b.keyDots()
	b.B = append(b.B, '[')
	b.depth += deeper
	i = skipSpace(src, i+1)
	for src[i] != ']' {
		i = skipSpace(src, b.embedValue(src, i))
		if src[i] == ',' {
			b.B = append(b.B, ',')
			i = skipSpace(src, i+1)
		}
	}
	b.depth -= deeper
	b.B = append(b.B, ']')
	return i + 1
}

// verbatim says whether the body of a valid JSON string can be copied: it has no invalid UTF-8 and no line separator.
func verbatim(body []byte) bool {
	for i := range body {
		if body[i] >= utf8.RuneSelf {
			return utf8.Valid(body) && !bytes.Contains(body, []byte("\u2028")) && !bytes.Contains(body, []byte("\u2029"))
		}
	}
	return true
}

// unquote returns what a valid JSON string stands for.
func unquote(text []byte) string {
	var s string
	_ = json.Unmarshal(text, &s) // text is a valid string
	return s
}

// The functions below walk valid JSON: they need not check what they skip.

func skipSpace(src []byte, i int) int {
	for i < len(src) && (src[i] == ' ' || src[i] == '\t' || src[i] == '\n' || src[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the end of the string that starts at src[i].
func skipString(src []byte, i int) int {
	for i++; src[i] != '"'; i++ {
		if src[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the end of the value that starts at src[i].
func skipValue(src []byte, i int) int {
	for depth := 0; ; {
		switch src[i] {
		case '"':
			i = skipString(src, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\t', '\n', '\r':
			i++
			continue
		default:
			for i < len(src) && !isEnd(src[i]) {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
}

// isEnd says whether c ends a number or a word.
func isEnd(c byte) bool {
	switch c {
	case ',', '}', ']', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}
