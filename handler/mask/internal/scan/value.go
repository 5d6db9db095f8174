package scan

import "strings"

// value is what a key is said to be: text[start:end].
type value struct {
	start, end int
	key        int // where the key begins
	quoted     bool
	prose      bool // after a colon and a blank, without quotes: it may be the text of a message
}

// valueAfter returns the value after the separator at i of the key that ends at to; ok is false for none. In a JSON
// string that holds JSON the quotes are escaped, \" or \\\": the value ends at a quote of its own level or of an
// outer one.
func valueAfter(text string, i, to int) (v value, ok bool) {
	sep := text[i]
	spaced := i > to && isSpace(text[i-1])
	j := i + 1
	if j < len(text) && (text[j] == '=' || text[j] == '>' && sep == '=') {
		j++
	}
	k := j
	for k < len(text) && k-j < 4 && (text[k] == ' ' || text[k] == '\t') {
		k++
	}
	blank := k > j
	v.prose = blank && sep == ':'
	j = k
	for opened := 0; j < len(text) && opened < 3; opened++ {
		if c := text[j]; c != '[' && c != '(' && c != '{' || markEnd(text, j) > 0 {
			break
		}
		j++
	}
	level := j
	for level < len(text) && text[level] == '\\' {
		level++
	}
	level -= j
	if j+level >= len(text) {
		return v, false
	}
	if sep == '>' && strings.HasPrefix(text[j:], "<![CDATA[") {
		v.start = j + len("<![CDATA[")
		v.end = len(text)
		if n := strings.Index(text[v.start:], "]]>"); n >= 0 {
			v.end = v.start + n
		}
		v.quoted = true
		return v, v.end > v.start
	}
	if level == 0 && j+1 < len(text) && isQuote(text[j+1]) && strings.IndexByte("ubrUBRL", text[j]) >= 0 { // u'x' of Python
		j++
	}
	if q := text[j+level]; q == '"' || q == '\'' || q == '`' {
		v.quoted, v.prose = true, false
		v.start = j + level + 1
		if level < quoteLevel(text, i) {
			return v, false // it closes a string of JSON that ends in "password":
		}
		if k := i - 1; !isQuote(text[k]) && v.start < len(text) && strings.IndexByte(",:}]", text[v.start]) >= 0 {
			return v, false // the quote closes a string that ends in password=
		}
		v.end = closingQuote(text, v.start, q, level)
		return v, v.end > v.start
	}
	if blank && sep == '=' && !spaced {
		return v, false // user= rhost=10.0.0.1
	}
	if level > 0 {
		return v, false
	}
	v.start = j
	v.end = bareEnd(text, j, sep)
	if end := v.end; end < len(text) && text[end] == '"' && end > j && text[end-1] == '(' && span(text, j, word) == end-1 { // Some("x") of Rust
		v.start, v.quoted, v.prose = end+1, true, false
		v.end = closingQuote(text, v.start, '"', 0)
	}
	return v, v.end > v.start
}

// quoteLevel returns how many backslashes stand before the quote that the separator at i follows, 0 when it follows none.
func quoteLevel(text string, i int) int {
	for i > 0 && (text[i-1] == ' ' || text[i-1] == '\t') {
		i--
	}
	if i == 0 || !isQuote(text[i-1]) {
		return 0
	}
	end := i - 1
	for i--; i > 0 && text[i-1] == '\\'; i-- {
	}
	return end - i
}

// closingQuote returns the end of the value at i that a quote with level backslashes before it opened.
func closingQuote(text string, i int, q byte, level int) int {
	json := q != '"' && (text[0] == '{' || text[0] == '[')
	slashes := 0
	for j := i; j < len(text); j++ {
		c := text[j]
		if c == '\\' {
			slashes++
			continue
		}
		if c == q || json && c == '"' {
			if slashes <= level || (slashes-level)%(2*(level+1)) == 0 {
				return j - min(slashes, level)
			}
		}
		slashes = 0
	}
	// Cut off: what is left of it, without half an escape at the end.
	end := len(text)
	for end > i && text[end-1] == '\\' {
		end--
	}
	return end
}

// bareEnd returns the end of the value without quotes that begins at i.
func bareEnd(text string, i int, sep byte) int {
	j, depth := i, 0
loop:
	for j < len(text) {
		c := text[j]
		switch {
		case is(c, word):
		case isSpace(c), c == '"', c == '`', c == '<':
			break loop
		case c == '\'':
			if j+1 >= len(text) || !is(text[j+1], letter|digit) {
				break loop
			}
		case c == '>':
			if sep == '>' {
				break loop
			}
		case c == '\\':
			if j+1 >= len(text) || text[j+1] == '"' || text[j+1] == '\'' || text[j+1] == 'n' || text[j+1] == 'r' || text[j+1] == 't' || text[j+1] == 'u' || text[j+1] == '\\' {
				break loop
			}
		case c == '&', c == ',', c == ';', c == '|':
			if j+1 >= len(text) || isSpace(text[j+1]) || pairFollows(text, j+1) || c != '&' && (text[j+1] == '"' || text[j+1] == '\'' || text[j+1] == '\\') {
				break loop
			}
		case c == '(', c == '[', c == '{':
			depth++
		case c == ')', c == ']', c == '}':
			if depth == 0 && (j+1 >= len(text) || !is(text[j+1], letter|digit)) {
				break loop
			}
			depth--
		}
		j++
	}
	for j > i && (text[j-1] == '.' || text[j-1] == ',' || text[j-1] == ';' || text[j-1] == ':') {
		j--
	}
	return j
}

// pairFollows reports whether a key and its separator stand at i: what comes before is over.
func pairFollows(text string, i int) bool {
	j := i
	for j < len(text) && j-i < 40 && (is(text[j], word) || text[j] == '.' || text[j] == '[' || text[j] == ']') {
		j++
	}
	return j > i && j < len(text) && (text[j] == '=' || text[j] == ':') || j > i && j < len(text) && text[j] == ' ' && pairFollowsSpace(text, j)
}

// pairFollowsSpace is for the keys of a connection string, that hold blanks: ;User ID=sa.
func pairFollowsSpace(text string, i int) bool {
	j := span(text, i+1, word)
	return j < len(text) && text[j] == '='
}

// isPlaceholder reports whether a value is a mask already, or names where the value is to be had.
func isPlaceholder(s string) bool {
	if strings.Contains(s, "REDACTED") || strings.Contains(s, "***") || strings.Contains(s, "FILTERED") || strings.Contains(s, "MASKED") {
		return true
	}
	switch c := s[0]; c {
	case '*', '.', 'x', 'X', '-', '#', '?':
		return uniform(s)
	case '<', '$', '{', '%':
		return len(s) > 1 && (s[len(s)-1] == '>' || c != '<' && (s[1] == '{' || s[1] == '(') || c == '{' || c == '%' && len(s) <= 3 && s[1] != 0 && is(s[1], letter))
	case '[':
		return markEnd(s, 0) > 0
	}
	return strings.HasPrefix(s, "\u2022\u2022")
}

// maxMark is the length of the longest mark.
const maxMark = 64

// markEnd returns the end of the mark that begins at i, as [EMAIL_REDACTED] or [PHONE_HASH:0A1B], and 0 for none.
func markEnd(text string, i int) int {
	if text[i] != '[' {
		return 0
	}
	end := span(text, i+1, upper|digit|under)
	if end >= len(text) || end-i > maxMark {
		return 0
	}
	switch name := text[i+1 : end]; text[end] {
	case ']':
		if hasSuffix(name, "REDACTED") || hasSuffix(name, "LIMIT_EXCEEDED") || hasSuffix(name, "BYTES_CUT") || name == "CYCLE" || name == "UNINSPECTED" {
			return end + 1
		}
	case ':':
		if hasSuffix(name, "HASH") {
			if end = span(text, end+1, upper|digit|dash); end < len(text) && text[end] == ']' {
				return end + 1
			}
		}
	}
	return 0
}

// isNothing reports whether a value, in whatever case, says that there is none.
func isNothing(s string) bool {
	return fold(s, func(s string) bool {
		switch s {
		case "null", "nil", "none", "undefined", "true", "false", "yes", "no", "empty", "unset", "redacted", "masked", "hidden", "filtered", "removed",
			"omitted", "(null)", "<nil>", "n/a", "na", "-", "(none)", "(empty)":
			return true
		}
		return false
	})
}

// isFiller reports whether a value that may be prose is a word, in whatever case, that says something about a secret
// instead of being one.
func isFiller(s string) bool {
	return fold(s, func(s string) bool {
		switch s {
		case "ok", "on", "off", "set", "secret", "must", "is", "was", "be", "required", "invalid", "expired", "missing", "not", "too", "cannot", "should",
			"changed", "reset", "incorrect", "wrong", "mismatch", "failed", "failure", "success", "valid", "rejected", "accepted", "rotated", "revoked",
			"granted", "denied", "unknown", "error", "default", "string", "str", "bool", "int", "bytes", "optional", "authentication", "authorized",
			"unauthorized", "the", "a", "an", "for", "of", "to", "in", "and", "or", "has", "have", "will", "with", "from", "at", "if", "this", "that", "bad",
			"found", "provided", "only", "please", "can", "could", "may", "your", "user", "opened", "closed", "len", "length", "password", "enter", "updated",
			"created", "deleted", "enabled", "disabled", "pending", "used", "using", "unable", "never", "file", "env", "vault", "keyring", "prompt", "stdin",
			"plain", "plaintext", "encrypted", "hashed", "basic", "bearer", "token", "key", "does", "did", "do":
			return true
		}
		return false
	})
}

// fold calls is with s in lower case; longer strings than the words that it knows are none of them.
func fold(s string, is func(string) bool) bool {
	var buf [16]byte
	if len(s) > len(buf) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		buf[i] = c
	}
	return is(string(buf[:len(s)]))
}
