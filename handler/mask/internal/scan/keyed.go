package scan

import (
	"strings"
	"unicode/utf8"
)

// maxRefused bounds how long a value may be and still be refused: longer ones are masked whatever they look like,
// so that no stretch of a text is read more than a few times.
const maxRefused = 256

// keyed looks at the separator at i; the key is text[from:to], with quotes or a bracket after it at most.
func (w *work) keyed(i, from, to int) int {
	text := w.text
	for j := to; j < i; j++ {
		switch text[j] {
		case '"', '\'', '\\', ' ', ']', '`', '\t':
		default:
			return i + 1
		}
	}
	class := classify(text[from:to])
	if class == noKey && equalFold(text[from:to], "key") && inForm(text, i, from) {
		class = queryKey
	}
	two := false
	if class == noKey && from > 2 && text[from-1] == ' ' && is(text[from-2], letter) {
		// API key: x, mot de passe: x
		if class = classify(text[spanBack(text, from-1, maxLocal, word):to]); class == authKey || class == cookieKey || class == valueKey {
			class = noKey
		}
		two = class != noKey
	}
	if class == noKey {
		if from > 0 && text[from-1] >= utf8.RuneSelf {
			return w.keyedAbroad(i, i)
		}
		return i + 1
	}
	v, ok := valueAfter(text, i, to)
	if !ok {
		return i + 1
	}
	v.key = from
	if s := text[v.start:v.end]; two && class != passwordKey && class != answerKey && (len(s) < 12 || !hasDigits(s, 2) || equalFold(s[:7], "sha256:")) {
		return i + 1
	}
	switch class {
	case authKey:
		return w.authorization(i, v)
	case cookieKey:
		return w.cookies(i, v, hasSet(text[from:to]))
	case valueKey:
		var name string
		if class, name = nameBefore(text, from); class == noKey || !v.quoted {
			return i + 1
		}
		from, to = 0, len(name)
		text = name
	}
	kind, score := w.keyedKind(class, text[from:to], v)
	if kind == 0 {
		return i + 1
	}
	return w.addValue(i, v, kind, score)
}

// hasDigits reports whether s holds n digits.
func hasDigits(s string, n int) bool {
	for i := 0; i < len(s) && n > 0; i++ {
		if is(s[i], digit) {
			n--
		}
	}
	return n <= 0
}

// inForm reports whether the pair whose key begins at from, with its separator at i, is one of a query or a form.
func inForm(text string, i, from int) bool {
	if from > 0 && (text[from-1] == '?' || text[from-1] == '&') {
		return true
	}
	end := span(text, i+1, word)
	return text[i] == '=' && end < len(text) && text[end] == '&'
}

// afterQuotedName looks at the quote at i that closes the name that begins at from, as the first of a pair, ("password","x"), or as the name of
// a part of a form, name="password" and a blank line. It returns where to go on, and 0 when it is neither.
func (w *work) afterQuotedName(i, from int) int {
	text := w.text
	class := classify(text[from:i])
	if class == noKey || class >= authKey {
		return 0
	}
	v := value{quoted: true}
	switch j := i + 1; {
	case text[j] == ',' && from > 1 && text[from-2] == '(':
		for j++; j < len(text) && text[j] == ' '; j++ {
		}
		if j >= len(text) || !isQuote(text[j]) {
			return 0
		}
		v.start = j + 1
		v.end = closingQuote(text, v.start, text[j], 0)
		if v.end+1 >= len(text) || text[v.end+1] != ')' {
			return 0
		}
	case text[j] == '\r' || text[j] == '\n' || text[j] == '\\':
		if from < 6 || !strings.HasSuffix(text[:from-1], "name=") && !strings.HasSuffix(text[:from-1], "name=\\") {
			return 0
		}
		breaks := 0
		for j < len(text) && breaks < 2 {
			switch {
			case text[j] == '\n':
				breaks++
				j++
			case text[j] == '\r':
				j++
			case strings.HasPrefix(text[j:], `\n`):
				breaks++
				j += 2
			case strings.HasPrefix(text[j:], `\r`):
				j += 2
			default:
				return 0
			}
		}
		v.start, v.end = j, bareEnd(text, j, '=')
	default:
		return 0
	}
	if v.end <= v.start {
		return 0
	}
	if kind, score := w.keyedKind(class, text[from:i], v); kind != 0 && w.add(v.start, v.end, kind, score) {
		return v.end
	}
	return 0
}

// nameBefore returns the class and the text of the name that the word value, at i, belongs to: name="PASSWORD" value="x",
// {"key":"DB_PASSWORD","value":"x"}.
func nameBefore(text string, i int) (keyClass, string) {
	end := i
	for n := 0; n < 12 && end > 0 && !is(text[end-1], word); n++ {
		end--
	}
	start := spanBack(text, end, maxLocal, word)
	if start == end {
		return noKey, ""
	}
	j := start
	for n := 0; n < 12 && j > 0 && !is(text[j-1], word) && text[j-1] != ',' && text[j-1] != '>'; n++ {
		j--
	}
	switch label := text[spanBack(text, j, 8, letter):j]; {
	case equalFold(label, "name"), equalFold(label, "type"), equalFold(label, "key"), equalFold(label, "field"), equalFold(label, "param"), equalFold(label, "header"):
	default:
		return noKey, ""
	}
	class := classify(text[start:end])
	if class == valueKey || class == cookieKey {
		class = noKey
	}
	if class == authKey {
		class = tokenKey
	}
	return class, text[start:end]
}

// addValue records a value, as what its own form says if it has one, and returns where to go on after i.
func (w *work) addValue(i int, v value, kind Kind, score float32) int {
	own, end := w.ownKind(v.start)
	if own == AWSAccessKey && end < v.end && (w.text[end] == '/' || w.text[end] == '%') {
		v.end = end // a credential's scope follows
	}
	if own != 0 && end == v.end && w.add(v.start, v.end, own, score) {
		return v.end
	}
	if w.add(v.start, v.end, kind, score) {
		return v.end
	}
	return i + 1
}

// ownKind returns the kind that the form of what begins at i gives it, and its end.
func (w *work) ownKind(i int) (Kind, int) {
	if end := jwtEnd(w.text, i); end > 0 {
		return JWT, end
	}
	return vendorEnd(w.text, i, span(w.text, i, word))
}

// keyedKind returns the kind of the value v of a key, and 0 when v is not what the key may name.
func (w *work) keyedKind(class keyClass, key string, v value) (Kind, float32) {
	s := w.text[v.start:v.end]
	if len(s) > maxRefused {
		switch class {
		case passwordKey, pinKey:
			return Password, 0.9
		case awsKey:
			return AWSSecret, 0.9
		case sessionKey, loginKey:
			return Session, 0.9
		case tokenKey, codeKey:
			return Bearer, 0.9
		}
		return APIKey, 0.9
	}
	if isPlaceholder(s) || isNothing(s) || v.prose && isFiller(s) {
		return 0, 0
	}
	m := classes(s)
	number := m&^uint16(digit|dash) == 0 && m&digit != 0
	switch class {
	case passwordKey:
		if isPath(s) && len(key) <= 4 || number && v.prose && len(s) < 4 {
			return 0, 0
		}
		if number && len(key) <= 4 && !v.quoted && len(s) < 6 && equalFold(key, "pass") {
			return 0, 0
		}
		return Password, 0.95
	case answerKey:
		if v.quoted {
			return Password, 0.9
		}
		return 0, 0
	case pinKey:
		if number && len(s) >= 3 && len(s) <= 8 {
			return Password, 0.9
		}
		return 0, 0
	case awsKey:
		if len(s) >= 16 {
			return AWSSecret, 0.95
		}
	case codeKey:
		if number && len(s) >= 4 && len(s) <= 8 && w.oneTime(v.key) {
			return Password, 0.85
		}
	}
	if strings.IndexByte(s, ' ') >= 0 || isPath(s) || strings.Contains(s, "()") {
		return 0, 0
	}
	if v.prose && m&letter != 0 && isObject(s) {
		return 0, 0
	}
	strange := m&digit != 0 && m&letter != 0 || m&letter == letter && len(s) >= long && looksMixed(s)
	switch class {
	case secretKey, awsKey:
		if len(s) < 4 || number && len(s) < 6 || v.prose && !strange {
			return 0, 0
		}
		return APIKey, 0.9
	case tokenKey:
		if v.prose && strings.ContainsAny(s, "@./") && !looksRandom(s) || !v.quoted && strings.ContainsAny(s, "{(") {
			return 0, 0 // the name of a class, not a token
		}
		if len(s) < 6 || !strange && (v.prose && (!number || len(s) < 12) || !number && len(s) < long || isName(s)) {
			return 0, 0
		}
		return Bearer, 0.9
	case codeKey:
		if len(s) >= long && (looksRandom(s) || allHex(s) && len(s) >= 32) {
			if equalFold(key, "code") {
				return Bearer, 0.8
			}
			return APIKey, 0.8
		}
	case loginKey:
		if len(s) >= 12 && strange {
			return Session, 0.9
		}
	case sessionKey:
		// Session identifiers that correlate records are UUIDs or short; those that log in are random, or 128 bits in hexadecimal.
		if hex := allHex(s); hex && len(s) >= 32 && m&(dash|letter|digit) == m && m&dash == 0 && m&digit != 0 ||
			len(s) >= long && !hex && looksRandom(s) && (m&letter == letter || len(s) >= 20) {
			return Session, 0.8
		}
	case someKey, queryKey:
		if hex := allHex(s); len(s) >= long && (hex && len(s) >= 32 && m&dash == 0 || !hex && looksRandom(s) && !isName(s) && !isPublic(s)) {
			return APIKey, 0.7
		}
	}
	return 0, 0
}

// isObject reports whether s is how Java prints an object: a class, an at sign, and hexadecimal digits.
func isObject(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at+1 < len(s) && len(s)-at <= 9 && allHex(s[at+1:]) && plainAtext(strings.ReplaceAll(s[:at], "$", "."))
}

// isName reports whether s is a dashed or dotted name in one case, such as a class or file has.
func isName(s string) bool {
	m := classes(s)
	return m&digit == 0 && m&letter != letter
}

// looksMixed reports whether s changes case as often as random letters do.
func looksMixed(s string) bool {
	n := 0
	for i := 1; i < len(s); i++ {
		if a, b := class[s[i-1]]&letter, class[s[i]]&letter; a != b && a != 0 && b != 0 {
			n++
		}
	}
	return n*3 >= len(s)
}

func isPath(s string) bool {
	return len(s) > 1 && (s[0] == '/' || s[0] == '~' && s[1] == '/' || s[0] == '.' && s[1] == '/' ||
		is(s[0], letter) && s[1] == ':' && len(s) > 2 && (s[2] == '\\' || s[2] == '/')) && strings.Count(s, "/")+strings.Count(s, "\\") > 0 && !strings.ContainsAny(s, "+=")
}

// tagged looks at the > at i that ends a tag with attributes: <password type="plain">x.
func (w *work) tagged(i int) int {
	text := w.text
	low := max(0, i-wordBack)
	open := strings.LastIndexByte(text[low:i], '<')
	if open < 0 {
		return i + 1
	}
	open += low
	to := span(text, open+1, word)
	if to > open+1 && to < i && text[to] == ':' { // wsse:Password
		to = span(text, to+1, word)
	}
	if to == open+1 || to >= i || !isSpace(text[to]) || !keyTail(text, to) || strings.IndexByte(text[to:i], '>') >= 0 {
		return i + 1
	}
	class := classify(text[open+1 : to])
	v := value{start: i + 1, end: bareEnd(text, i+1, '>')}
	if class == noKey || class >= authKey || v.end <= v.start {
		return i + 1
	}
	kind, score := w.keyedKind(class, text[open+1:to], v)
	if kind == 0 {
		return i + 1
	}
	return w.addValue(i, v, kind, score)
}

// quotedAfterWord looks at the quote at i, one blank after the word text[from:to]: PASSWORD 'x', IDENTIFIED BY 'x'.
func (w *work) quotedAfterWord(i, from, to int) int {
	text := w.text
	class := classify(text[from:to])
	if equalFold(text[from:to], "by") && before(text, from, "IDENTIFIED", "identified", "Identified") {
		class = passwordKey
	}
	if class != passwordKey {
		return i + 1
	}
	v := value{start: i + 1, end: closingQuote(text, i+1, text[i], 0), quoted: true}
	// A quote that closes a string of JSON stands before one of these signs.
	if v.end == len(text) || v.end <= v.start || strings.IndexByte(text[v.start:v.end], ' ') >= 0 || strings.IndexByte(",:;)}]\\", text[v.start]) >= 0 {
		return i + 1
	}
	if kind, score := w.keyedKind(class, text[from:to], v); kind != 0 && w.add(v.start, v.end, kind, score-0.1) {
		return v.end
	}
	return i + 1
}

// passwordAfterWord looks at the word text[start:end] of letters and digits, one blank after text[from:to]: in
// "password hunter2 rejected" and "password is hunter2" it is one, in "password v2" not. It returns where to go on, and 0 when it is none.
func (w *work) passwordAfterWord(start, end, from, to int) int {
	text := w.text
	if from > 2 && equalFold(text[from:to], "is") && text[from-1] == ' ' {
		to = from - 1
		from = spanBack(text, to, maxLocal, word)
	}
	if classify(text[from:to]) != passwordKey {
		return 0
	}
	stop := bareEnd(text, start, ' ')
	s := text[start:stop]
	if end-start < 6 && (stop == end || len(s) < 6 || strings.IndexByte("!@#$&*", text[end]) < 0) {
		return 0
	}
	if stop < end || isPlaceholder(s) || stop < len(text) && (text[stop] == '=' || text[stop] == ':') || strings.ContainsAny(s, "=()") || isAlgorithm(s) || allHex(s) && len(s) >= long {
		return 0
	}
	if w.add(start, stop, Password, 0.6) {
		return stop
	}
	return 0
}

// codeAfterWord looks at the four to six digits text[start:end], one blank after text[from:to]: in "otp 483920" and
// "verification code is 391204" they let in once.
func (w *work) codeAfterWord(start, end, from, to int) int {
	text := w.text
	if from > 2 && equalFold(text[from:to], "is") && text[from-1] == ' ' {
		to = from - 1
		from = spanBack(text, to, maxLocal, word)
	}
	switch class := classify(text[from:to]); {
	case !endsNumber(text, end) || end < len(text) && is(text[end], base64):
	case end-start == 3 && !(class == pinKey && text[from]|0x20 == 'c' && len(w.dst) > w.base): // cvv 123, beside a card
	case class == pinKey, (class == codeKey || class == tokenKey && end-start >= 4) && w.oneTime(from), class == passwordKey && end-start >= 6:
		if w.add(start, end, Password, 0.7) {
			return end
		}
	}
	return end
}

// oneTime reports whether the words right before i speak of a code that lets in once.
func (w *work) oneTime(i int) bool {
	if near, _ := w.context(i); near&ofOneTime != 0 {
		return true
	}
	before := w.text[max(0, i-len("one-time ")):i]
	return len(before) >= 8 && equalFold(before[:8], "one-time")
}

// flag looks at the word text[start:end] that begins with a dash as a command's option: --password X, -pX, -u
// user:password. It returns where to go on, and 0 when it is none of those.
func (w *work) flag(start, end int) int {
	text := w.text
	if start > 0 && !isSpace(text[start-1]) && text[start-1] != '"' && text[start-1] != '\'' && text[start-1] != '[' {
		return 0
	}
	rest := end
	for rest < len(text) && rest-end < 3 && (text[rest] == ' ' || text[rest] == ',' || text[rest] == '"' || text[rest] == '\'') {
		rest++ // --password X, and "--password", "X" of an argument list
	}
	switch name := text[start:end]; {
	case name == "-u" || name == "--user" || name == "-U":
		stop := bareEnd(text, rest, ' ')
		colon := strings.IndexByte(text[rest:stop], ':')
		if rest == end || colon <= 0 || rest+colon+1 >= stop || strings.Contains(text[rest:stop], "//") {
			return 0
		}
		secret := rest + colon + 1
		if isPlaceholder(text[secret:stop]) || classes(text[secret:stop])&^digit == 0 || !w.add(secret, stop, Password, 0.8) {
			return 0
		}
		return stop
	case name == "-p" && end+1 < len(text) && isQuote(text[end]) && start > 0 && isSpace(text[start-1]) && strings.IndexByte(",:}]", text[end+1]) < 0:
		v := value{start: end + 1, end: closingQuote(text, end+1, text[end], 0), quoted: true}
		if v.end > v.start && v.end < len(text) && !isPlaceholder(text[v.start:v.end]) && w.add(v.start, v.end, Password, 0.8) {
			return v.end
		}
	case end-start > 2 && text[start+1] == 'p' && before(text, start, "mysql", "mysqldump", "mariadb", "sshpass", "mysqladmin"):
		stop := bareEnd(text, start+2, ' ')
		if !isPlaceholder(text[start+2:stop]) && w.add(start+2, stop, Password, 0.8) {
			return stop
		}
	case name == "-p" && rest > end && rest < len(text) && before(text, start, "sshpass", "login", "redis-cli"),
		name == "-a" && rest > end && rest < len(text) && before(text, start, "redis-cli"):
		stop := bareEnd(text, rest, ' ')
		if stop > rest && !isPlaceholder(text[rest:stop]) && w.add(rest, stop, Password, 0.7) {
			return stop
		}
	case end-start > 4 && rest > end && rest < len(text) && text[start+1] == '-' && keyTail(text, end):
		class := classify(text[start+2 : end])
		if class == noKey || class == cookieKey || text[rest] == '-' {
			return 0
		}
		v := value{start: rest, end: bareEnd(text, rest, ' ')}
		if isQuote(text[rest-1]) {
			v.end = closingQuote(text, rest, text[rest-1], 0)
			v.quoted = true
		}
		if v.end <= v.start {
			return 0
		}
		if class == authKey {
			class = tokenKey
		}
		if kind, score := w.keyedKind(class, text[start+2:end], v); kind != 0 {
			if stop := w.addValue(end, v, kind, score); stop == v.end {
				return stop
			}
		}
	}
	return 0
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// before reports whether one of the commands stands in the line before i.
func before(text string, i int, commands ...string) bool {
	line := text[max(0, i-100):i]
	for _, c := range commands {
		if strings.Contains(line, c) {
			return true
		}
	}
	return false
}
