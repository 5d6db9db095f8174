package template

// Limits of what is looked at in one message; what follows is one variable.
const (
	maxTokens = 256
	maxBytes  = 8 << 10
	maxQuoted = 1 << 10
)

// token is a part of a message between separators.
type token struct {
	start, end int32
	kind       Kind // constant for a word that may be part of the template
	valued     bool // stands after = or :
	hash       uint64
}

// tokens are the parts of one message.
type tokens struct {
	list [maxTokens + 1]token
	n    int
	// skeleton hashes the separators, shape also the words and the kinds of the variables.
	skeleton, shape uint64
}

// FNV-1a of 64 bits (RFC 9923).
const (
	offset64 = 14695981039346656037
	prime64  = 1099511628211
)

func hash(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime64
	}
	return h
}

// Marks that stand for tokens in a skeleton. Separators are ASCII, so no separator is one of them.
const (
	markToken = 0x80
	markRest  = 0x81
)

// scan divides msg into tokens. Separators are what is between them, so that nothing of the message is lost.
func (t *tokens) scan(msg string) {
	t.n = 0
	skeleton, shape := uint64(offset64), uint64(offset64)
	limit, valued := min(len(msg), maxBytes), false
	for i := 0; i < limit; {
		c := msg[i]
		class := classes[c]
		if class&isSep != 0 {
			skeleton = (skeleton ^ uint64(c)) * prime64
			i++
			if c != ' ' {
				valued = c == '=' || c == ':'
			}
			if class&isQuote == 0 || t.n == maxTokens {
				continue
			}
			end := quotation(msg, i-1, limit)
			if end == 0 || isLookedInto(msg[i:end]) {
				continue
			}
			// The closing mark is a separator again.
			skeleton = (skeleton ^ markToken) * prime64
			shape = (shape ^ uint64(Quoted)) * prime64
			t.add(token{start: int32(i), end: int32(end), kind: Quoted})
			skeleton = (skeleton ^ uint64(c)) * prime64
			i, valued = end+1, false
			continue
		}
		if t.n == maxTokens {
			limit = i
			break
		}
		tok := word(msg, i, limit)
		tok.valued, valued = valued, false
		i = int(tok.end)
		skeleton = (skeleton ^ markToken) * prime64
		if tok.kind == constant {
			shape = (shape ^ tok.hash) * prime64
		} else {
			shape = (shape ^ uint64(tok.kind)) * prime64
		}
		t.add(tok)
	}
	if limit < len(msg) {
		t.add(token{start: int32(limit), end: int32(len(msg)), kind: Word})
		skeleton = (skeleton ^ markRest) * prime64
	}
	t.skeleton, t.shape = skeleton, (shape^skeleton)*prime64
}

func (t *tokens) add(tok token) {
	t.list[t.n] = tok
	t.n++
}

// word is the token that begins at start.
func word(msg string, start, limit int) token {
	i, all, list := start, uint8(0), false
	h := uint64(offset64)
	for ; i < limit; i++ {
		c := msg[i]
		class := classes[c]
		if class&isSep == 0 {
			all |= class
			h = (h ^ uint64(c)) * prime64
			continue
		}
		if i+1 >= limit {
			break
		}
		switch c {
		case ',': // a list of numbers or addresses is one variable, whatever its length
			next := msg[i+1]
			if next == '-' && i+2 < limit {
				next = msg[i+2]
			}
			if all&isDigit == 0 || next-'0' > 9 {
				goto ended
			}
			list = true
		case '?', '%':
			if all&isSlash == 0 {
				goto ended
			}
			return address(msg, start, i, limit)
		case ':':
			if i+2 < limit && msg[i+1] == '/' && msg[i+2] == '/' || i == start+1 && msg[i+1] == '\\' && all&isLetter != 0 {
				return address(msg, start, i, limit)
			}
			if end := groups(msg, start, limit); end > i {
				i, all = end-1, all|isDigit|isHex|isLetter
				continue
			}
			// Within times and before ports a colon joins.
			if all&isDigit == 0 || classes[msg[i+1]]&isDigit == 0 {
				goto ended
			}
		default:
			goto ended
		}
		h = (h ^ uint64(c)) * prime64
	}
ended:
	end := i
	for end > start+1 && msg[end-1] == '.' { // it ends the sentence
		end--
	}
	if end != i {
		h = hash(offset64, msg[start:end])
	}
	kind := Word
	if !list {
		kind = kindOf(msg[start:end], all)
	}
	return token{start: int32(start), end: int32(end), kind: kind, hash: h}
}

// groups returns the end of an address of hexadecimal groups between at least two colons that begins at start, 0 for none.
func groups(msg string, start, limit int) int {
	colons, i, group := 0, start, 0
	for ; i < limit; i++ {
		c := msg[i]
		if c == ':' {
			colons++
			group = 0
		} else if classes[c]&(isDigit|isHex) == 0 {
			break
		} else if group++; group > 4 {
			return 0
		}
	}
	if colons < 2 || i < limit && classes[msg[i]]&isSep == 0 && msg[i] != '.' || msg[i-1] == ':' && msg[i-2] != ':' {
		return 0
	}
	return i
}

// address is a URL, or a path with what only URLs and drives have, which is at i.
func address(msg string, start, i, limit int) token {
	for i < limit && classes[msg[i]]&isOutside == 0 {
		i++
	}
	for i > start+1 && (msg[i-1] == '.' || msg[i-1] == ':' || msg[i-1] == ';' || msg[i-1] == '?') {
		i--
	}
	return token{start: int32(start), end: int32(i), kind: Path}
}

// quotation returns where the quotation that opens at i ends, 0 for none. An apostrophe opens none.
func quotation(msg string, i, limit int) int {
	q := msg[i]
	if i > 0 && classes[msg[i-1]]&isSep == 0 {
		return 0
	}
	limit = min(limit, i+maxQuoted)
	for j := i + 1; j < limit; j++ {
		if msg[j] == '\\' {
			j++
		} else if msg[j] == q && (j+1 >= len(msg) || classes[msg[j+1]]&isSep != 0 || msg[j+1] == '.') {
			return j
		}
	}
	return 0
}

// isLookedInto says whether a quotation is made of tokens like any text: a single word, or the request line of an access log.
func isLookedInto(s string) bool {
	for i := range len(s) {
		if classes[s[i]]&isSep != 0 {
			return s[i] == ' ' && i > 2 && i+1 < len(s) && s[i+1] == '/' && s[0] >= 'A' && s[0] <= 'Z'
		}
	}
	return s != ""
}

// inQuotes says whether the token stands alone between quotation marks.
func (t *token) inQuotes(msg string) bool {
	return t.start > 0 && int(t.end) < len(msg) && msg[t.start-1] == msg[t.end] && classes[msg[t.end]]&isQuote != 0
}
