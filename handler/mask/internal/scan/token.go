package scan

import "strings"

const (
	wordBack    = 128 // how far before a word what it is a part of is looked for
	wordForward = 512
)

// token looks at the word text[start:end], of the classes all: a vendor's credential, a web token, an IBAN, or a
// random string that something speaks for.
func (w *work) token(start, end int, all uint16, from, to int) int {
	text := w.text
	if start > 1 && isJoint(text[start-1]) && is(text[start-2], word) {
		if stop := w.joined(start); stop > 0 {
			return stop
		}
	}
	if end-start >= 10 && text[start] == 'e' {
		if stop := jwtEnd(text, start); stop > 0 && w.add(start, stop, JWT, 0.95) {
			return stop
		}
	}
	if kind, stop := vendorEnd(text, start, end); kind != 0 && w.add(start, stop, kind, 0.95) {
		return stop
	}
	if end-start >= 15 && end-start <= 44 && is(text[start+2], digit) && is(text[start+3], digit) {
		if stop := w.iban(start, end); stop > end || ibanEnd(text, start) == stop && len(w.dst) > w.base && w.dst[len(w.dst)-1].End == stop {
			return stop
		}
	}
	if all&(digit|upper) == 0 {
		return end // sixteen letters of one case are no part of a random string
	}
	return w.random(start, end, all, from, to)
}

// hex looks at the word text[start:end] of hexadecimal digits and dashes: a hash, an identifier, or a key where the
// words before say so.
func (w *work) hex(start, end int, all uint16) int {
	n := end - start
	if n == 17 && w.kinds.Has(MAC) && isMAC(w.text[start:end], '-') && w.add(start, end, MAC, 0.6) {
		return end
	}
	if n >= 100 && start > 1 && isJoint(w.text[start-1]) {
		if stop := w.joined(start); stop > 0 {
			return stop
		}
	}
	if n < 32 || start == 0 && w.hint.all == 0 {
		return end
	}
	if near, _ := w.context(start); near&ofSecret != 0 && near&ofID == 0 && w.add(start, end, APIKey, 0.6) {
		return end
	}
	return end
}

// joined looks for a credential whose parts a dot, tilde or dollar sign joins, of which the word at start is not the first.
func (w *work) joined(start int) int {
	text := w.text
	p := start
	for p > 0 && start-p < 32 && (is(text[p-1], word) || isJoint(text[p-1])) {
		p--
	}
	p = skipEscape(text, p, start)
	if kind, stop := vendorEnd(text, p, span(text, p, word)); kind != 0 && stop > start && w.add(p, stop, kind, 0.95) {
		return stop
	}
	return 0
}

// random looks at the word text[start:end] as a part of a random string in base64 or the like: one of AWS's secret
// keys, credentials after a scheme, a generic key. Hashes and identifiers are left alone unless the words before
// speak of a secret.
func (w *work) random(start, end int, all uint16, from, to int) int {
	text := w.text
	if !w.kinds.Has(APIKey) && !w.kinds.Has(Bearer) && !w.kinds.Has(AWSSecret) && !w.kinds.Has(BasicAuth) {
		return end
	}
	s, e := start, end
	for s > 0 && start-s < wordBack && (is(text[s-1], alnum) || text[s-1] == '+' || text[s-1] == '/') {
		s--
	}
	// Some tokens hold dots; a sentence ends in one.
	for e < len(text) && e-end < wordForward && (is(text[e], word) || text[e] == '+' || text[e] == '/' ||
		(text[e] == '.' || text[e] == '~') && e+1 < len(text) && is(text[e+1], word)) {
		e++
	}
	if pad := e; pad < len(text) && text[pad] == '=' {
		for pad < len(text) && pad-e < 2 && text[pad] == '=' {
			pad++
		}
		if pad == len(text) || !is(text[pad], word) && !isQuote(text[pad]) && text[pad] != '[' {
			e = pad // else it parts a key from its value
		}
	}
	if s > 0 && text[s-1] == '\\' {
		s = skipEscape(text, s, start)
	}
	if s > 0 && text[s-1] == '%' && hexRun(text, s, 2) == 2 && s+2 <= start {
		s += 2
	}
	if s >= 8 && text[s-8:s] == ";base64," { // an image in a data: URL
		return e
	}
	v := text[s:e]
	// What begins the text has nothing before it that could speak for it: then only its length can.
	bare := s == 0 && len(v) < lonely && w.hint.all == 0
	if len(v) < 12 || bare {
		return end
	}
	// A scheme of authentication right before, in prose or in a list of headers.
	if kind := w.schemeBefore(s, from, to); kind != 0 && !isPlaceholder(v) && w.add(s, e, kind, 0.85) {
		return e
	}
	if len(v) < long || isPublic(v) {
		return end
	}
	if hasName(v) {
		s, e, v = start, end, text[start:end] // a path, of which the word is a part
		if len(v) < long {
			return end
		}
	}
	if all&digit == 0 && len(v) == end-start || !looksRandom(v) {
		return end
	}
	near, ctx := w.context(s)
	if near&ofID != 0 {
		return end
	}
	mixed := classes(v)&(letter|digit) == letter|digit
	kind, score := APIKey, float32(0.6)
	switch {
	case len(v) == 40 && (ctx&ofAWS != 0 || ctx&(ofSecret|ofKey) != 0 && strongRandom(v)):
		if ctx&ofAWS != 0 || classes(v)&base64 != 0 {
			kind = AWSSecret
		}
	case near&ofSecret != 0 && all&(lower|under|dash) == 0:
	case near&ofSecret != 0 && mixed && len(v) >= long && strongRandom(v):
	case near&ofSecret != 0 && len(v) >= 24 && !pathLike(v):
	case ctx&(ofSecret|ofKey) != 0 && ctx&ofID == 0 && mixed && len(v) >= 20 && strongRandom(v) && !pathLike(v):
	case len(v) >= 32 && s == start && e == end && strongRandom(v) && !inPath(text, s) && !inQuery(text, s):
		score = 0.4
	case mixed && s > 0 && (text[s-1] == '=' || text[s-1] == '/') && strongRandom(v) && grants(text, s):
		kind = Bearer
	default:
		return end
	}
	if w.add(s, e, kind, score) {
		return e
	}
	return end
}

// grants reports whether what stands at i in a URL lets in: links that log in, reset and confirm say so in their path.
func grants(text string, i int) bool {
	low := i
	for low > 0 && i-low < wordBack && !isSpace(text[low-1]) && text[low-1] != '"' {
		low--
	}
	for j := low; j < i; {
		if !is(text[j], letter) {
			j++
			continue
		}
		end := span(text, j, letter)
		if fold(text[j:end], func(s string) bool {
			switch s {
			case "login", "signin", "reset", "verify", "confirm", "activate", "invite", "invitation", "magic", "magiclink", "unsubscribe", "recover", "auth", "sso":
				return true
			}
			return false
		}) {
			return true
		}
		j = end
	}
	return false
}

// isPublic reports whether a random string begins as one that everybody may see: a public key of SSH, a digest of
// a file, a publishable key, a certificate.
func isPublic(v string) bool {
	if c := v[0]; c != 'A' && c != 's' && c != 'p' && c != 'L' {
		return false
	}
	for _, p := range [...]string{"AAAA", "sha1-", "sha256-", "sha384-", "sha512-", "pk_live_", "pk_test_", "LS0tLS1CRUdJTiBDRVJU"} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	return false
}

func isJoint(c byte) bool { return c == '.' || c == '~' || c == '$' }

// inPath reports whether what begins at i is a segment of a path or host: there long names are identifiers.
func inPath(text string, i int) bool {
	return i > 0 && (text[i-1] == '/' || text[i-1] == '.' || text[i-1] == '\\' || text[i-1] == '#' || text[i-1] == '~')
}

// inQuery reports whether what begins at i is the value of a URL's parameter, whose name says no secret.
func inQuery(text string, i int) bool {
	if i < 2 || text[i-1] != '=' {
		return false
	}
	name := spanBack(text, i-1, maxLocal, word)
	return name > 0 && name < i-1 && (text[name-1] == '&' || text[name-1] == '?' || text[name-1] == ';')
}

// hasName reports whether a part of v between slashes is a word in one case, as the parts of a path are.
func hasName(v string) bool {
	for part := range strings.SplitSeq(v, "/") {
		if m := classes(part); len(part) >= 3 && len(part) < len(v) && m&^letter == 0 && (m&upper == 0 || classes(part[1:]) == lower) {
			return true
		}
	}
	return false
}

// pathLike reports whether v is a path of several parts rather than base64.
func pathLike(v string) bool {
	return v[0] == '/' || strings.Count(v, "/") > 1+len(v)/16
}

// schemeBefore returns the kind that the word before i gives it: Bearer x, Basic x.
func (w *work) schemeBefore(i, from, to int) Kind {
	if to <= from || to >= i || i-to > 4 || to-from > 8 {
		return 0
	}
	for j := to; j < i; j++ {
		if w.text[j] != ' ' && w.text[j] != '"' && w.text[j] != '\'' && w.text[j] != ':' && w.text[j] != '=' {
			return 0
		}
	}
	switch scheme := w.text[from:to]; {
	case equalFold(scheme, "bearer"), equalFold(scheme, "token"), equalFold(scheme, "jwt"):
		if v := w.text[i:]; equalFold(scheme, "token") && !looksRandom(v[:min(len(v), span(v, 0, padded))]) {
			return 0
		}
		return Bearer
	case equalFold(scheme, "basic"), scheme == "PLAIN" && from >= 5 && w.text[from-5:from] == "AUTH ": // of SMTP
		return BasicAuth
	}
	return 0
}
