package mask

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	jsonSpace = " \t\r\n"
	// maxNesting is where a text stops being taken for JSON, so that a line of brackets cannot use up the stack.
	maxNesting = 1000
)

// mayBeJSON says whether an object, a list or a string can begin with c, white space before it included.
func mayBeJSON(c byte) bool { return c == '{' || c == '[' || c == '"' || c <= ' ' }

// looksJSON says whether s could be a JSON object, list or string.
func looksJSON(s string) bool {
	s = strings.Trim(s, jsonSpace)
	if len(s) < 2 {
		return false
	}
	switch s[0] {
	case '{':
		return s[len(s)-1] == '}'
	case '[':
		return s[len(s)-1] == ']'
	}
	return s[0] == '"' && s[len(s)-1] == '"'
}

// jsonText masks a text that may be JSON. Valid is false when it is none.
func (w *walker) jsonText(s string, v verdict) (out string, changed, valid bool) {
	sub := w.begin()
	defer sub.end()
	clean, valid := sub.json(s, v, 0)
	if !valid || clean || w.look {
		return s, !clean, valid
	}
	sub.look = false
	sub.json(s, v, 0)
	return string(sub.buf), true, true
}

// json walks over a JSON text: it says whether there is nothing to mask, and writes the text masked when the walker writes. What
// is not masked is written as it stands. A text that is no JSON is clean; what was written of it is to be thrown away.
func (w *walker) json(s string, v verdict, depth int) (clean, valid bool) {
	j := jsonWalk{w: w, s: s}
	j.space()
	if !j.value(v, depth) {
		return true, false
	}
	j.space()
	return !j.dirty, j.i == len(s)
}

type jsonWalk struct {
	w     *walker
	s     string
	i     int
	nest  int
	mute  int // inside of something that is left out
	dirty bool
}

func (j *jsonWalk) raw(s string) {
	if !j.w.look && j.mute == 0 {
		j.w.buf = append(j.w.buf, s...)
	}
}

func (j *jsonWalk) space() {
	start := j.i
	for j.i < len(j.s) && (j.s[j.i] == ' ' || j.s[j.i] == '\n' || j.s[j.i] == '\r' || j.s[j.i] == '\t') {
		j.i++
	}
	j.raw(j.s[start:j.i])
}

// instead writes a text in the place of a value.
func (j *jsonWalk) instead(text, rule string) {
	if j.mute > 0 {
		return
	}
	j.dirty = true
	if !j.w.look {
		j.w.count(rule)
		j.w.buf = appendQuoted(j.w.buf, text)
	}
}

// skip passes over a value.
func (j *jsonWalk) skip() bool {
	j.mute++
	ok := j.value(verdict{class: allowed}, 0)
	j.mute--
	return ok
}

// value walks over one value and says whether it is valid.
func (j *jsonWalk) value(v verdict, depth int) bool {
	if j.i == len(j.s) {
		return false
	}
	switch c := j.s[j.i]; c {
	case '{', '[':
		if j.nest++; j.nest > maxNesting {
			return false
		}
		ok := j.container(c, v, depth)
		j.nest--
		return ok
	case '"':
		return j.text(v)
	case 't':
		return j.word("true", v)
	case 'f':
		return j.word("false", v)
	case 'n':
		return j.word("null", verdict{})
	}
	return j.number(v)
}

func (j *jsonWalk) word(word string, v verdict) bool {
	if !strings.HasPrefix(j.s[j.i:], word) {
		return false
	}
	j.i += len(word)
	if v.class == secret {
		j.instead(j.w.m.replacement(v.action, "", word), "KEY")
	} else {
		j.raw(word)
	}
	return true
}

func (j *jsonWalk) container(open byte, v verdict, depth int) bool {
	if v.class != allowed && !j.empty() {
		switch {
		case v.class == secret && (open == '{' || v.action == Redact):
			if !j.skip() {
				return false
			}
			j.instead(markRedacted, "KEY")
			return true
		case depth >= j.w.m.maxDepth:
			if !j.skip() {
				return false
			}
			j.instead(markDepth, "DEPTH_LIMIT")
			return true
		}
	}
	if open == '{' {
		return j.object(v, depth+1)
	}
	j.raw("[")
	j.i++
	for first := true; ; first = false {
		j.space()
		if done, ok := j.next(']', first); done || !ok {
			return ok
		}
		if !first {
			j.raw(",")
		}
		j.space()
		if !j.value(v, depth+1) {
			return false
		}
	}
}

// empty says whether the container that begins here ends at once.
func (j *jsonWalk) empty() bool {
	rest := strings.TrimLeft(j.s[j.i+1:], jsonSpace)
	return rest != "" && (rest[0] == ']' || rest[0] == '}')
}

// next reads what stands before an element: its end, or a comma, which is not written.
func (j *jsonWalk) next(end byte, first bool) (done, ok bool) {
	if j.i == len(j.s) {
		return false, false
	}
	switch c := j.s[j.i]; {
	case c == end:
		j.i++
		j.raw(string(rune(end)))
		return true, true
	case first:
		return false, true
	case c == ',':
		j.i++
		return false, true
	}
	return false, false
}

func (j *jsonWalk) object(v verdict, depth int) bool {
	j.raw("{")
	j.i++
	var taken map[string]int
	written, named := false, ""
	for first := true; ; first = false {
		j.space()
		if done, ok := j.next('}', first); done || !ok {
			return ok
		}
		gap := j.i
		for j.i < len(j.s) && strings.IndexByte(jsonSpace, j.s[j.i]) >= 0 {
			j.i++
		}
		start := j.i
		key, ok := j.token()
		if !ok {
			return false
		}
		own, name := v, ""
		if v.class != allowed {
			e := j.w.m.judge(key)
			own, name = v.under(e.verdict), e.name
			if named != "" && strings.EqualFold(key, "value") {
				own = own.under(j.w.m.keys.verdict(named))
			}
		}
		drop := own.class == secret && own.action == Drop
		if drop {
			j.mute++
		} else if written {
			j.raw(",")
		}
		if name != "" {
			j.dirty = j.dirty || j.mute == 0
			if taken == nil {
				taken = make(map[string]int)
			}
			if !j.w.look && j.mute == 0 {
				j.w.buf = appendQuoted(append(j.w.buf, j.s[gap:start]...), distinct(taken, name))
			}
		} else {
			j.raw(j.s[gap:j.i])
		}
		j.space()
		if j.i == len(j.s) || j.s[j.i] != ':' {
			return false
		}
		j.i++
		j.raw(":")
		j.space()
		here := len(j.w.place)
		if !j.w.look {
			j.w.atEntry(key)
		}
		if drop {
			ok = j.value(verdict{class: allowed}, depth)
			if j.mute--; j.mute == 0 {
				j.dirty = true
				j.w.drops(own)
			}
		} else {
			written = true
			start := j.i
			ok = j.value(own, depth)
			switch {
			case !ok:
			case namesValue(key):
				named, _ = unquote(j.s[start:j.i])
			case named == "" && strings.EqualFold(key, "type") && strings.EqualFold(j.s[start:j.i], `"password"`):
				named = "password"
			}
		}
		j.w.back(here)
		if !ok {
			return false
		}
	}
}

// namesValue says whether a member of that key tells what the member value beside it is: {"name":"DB_PASSWORD","value":"x"}.
func namesValue(key string) bool {
	if len(key) > len("header") {
		return false
	}
	return strings.EqualFold(key, "name") || strings.EqualFold(key, "key") || strings.EqualFold(key, "field") || strings.EqualFold(key, "header")
}

// text walks over a string.
func (j *jsonWalk) text(v verdict) bool {
	start := j.i
	s, ok := j.token()
	if !ok {
		return false
	}
	switch {
	case j.mute > 0:
	case v.class == secret:
		if !hidden(s) {
			j.instead(j.w.m.replacement(v.action, "", s), "KEY")
			return true
		}
	case v.class != allowed:
		if out, changed := j.w.text(s, v); changed {
			j.dirty = true
			if !j.w.look {
				j.w.buf = appendQuoted(j.w.buf, out)
			}
			return true
		}
	}
	j.raw(j.s[start:j.i])
	return true
}

// number walks over a number.
func (j *jsonWalk) number(v verdict) bool {
	start := j.i
	if j.i < len(j.s) && j.s[j.i] == '-' {
		j.i++
	}
	whole := j.digits()
	if whole == 0 || whole > 1 && j.s[j.i-whole] == '0' {
		return false
	}
	digits := j.s[j.i-whole : j.i]
	if j.i < len(j.s) && j.s[j.i] == '.' {
		j.i++
		if j.digits() == 0 {
			return false
		}
		digits = ""
	}
	if j.i < len(j.s) && j.s[j.i]|0x20 == 'e' {
		j.i++
		if j.i < len(j.s) && (j.s[j.i] == '+' || j.s[j.i] == '-') {
			j.i++
		}
		if j.digits() == 0 {
			return false
		}
		digits = ""
	}
	text := j.s[start:j.i]
	switch {
	case v.class == secret:
		j.instead(j.w.m.replacement(v.action, "", text), "KEY")
		return true
	case v.class != allowed && j.mute == 0 && len(digits) >= 7 && len(digits) <= 19:
		var n uint64
		for i := range len(digits) {
			n = n*10 + uint64(digits[i]-'0')
		}
		if !j.w.cleanNumber(n, v) {
			j.dirty = true
			if !j.w.look {
				j.w.buf = appendQuoted(j.w.buf, j.w.number(v, text))
			}
			return true
		}
	}
	j.raw(text)
	return true
}

func (j *jsonWalk) digits() int {
	start := j.i
	for j.i < len(j.s) && digit(j.s[j.i]) {
		j.i++
	}
	return j.i - start
}

// token reads a string and returns what it stands for.
func (j *jsonWalk) token() (string, bool) {
	if j.i == len(j.s) || j.s[j.i] != '"' {
		return "", false
	}
	j.i++
	start, escaped := j.i, false
	for ; j.i < len(j.s); j.i++ {
		switch c := j.s[j.i]; {
		case c == '"':
			j.i++
			s := j.s[start : j.i-1]
			if escaped {
				return unescape(s)
			}
			return s, true
		case c == '\\':
			escaped = true
			j.i++
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// unquote returns what a JSON string stands for.
func unquote(s string) (string, bool) {
	j := jsonWalk{s: s}
	out, ok := j.token()
	return out, ok && j.i == len(s)
}

func unescape(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i++; i == len(s) {
			return "", false
		}
		switch c := s[i]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'u':
			r, ok := hex4(s[i+1:])
			if !ok {
				return "", false
			}
			i += 4
			if utf16.IsSurrogate(r) {
				if low, ok := lowSurrogate(s[i+1:]); ok {
					if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
						i += 6
					}
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", false
		}
	}
	return view(out), true
}

func lowSurrogate(s string) (rune, bool) {
	if !strings.HasPrefix(s, `\u`) {
		return 0, false
	}
	return hex4(s[2:])
}

func hex4(s string) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for i := range 4 {
		c := s[i]
		switch {
		case digit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
