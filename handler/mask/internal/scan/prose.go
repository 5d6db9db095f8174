package scan

import "strings"

// Words by which prose says what a secret is: "password for bob: x", "the API key is x", "changed the password to x".
const (
	linkWord = 1 << iota // between the secret's name and its value
	forWord              // what follows says whose it is
	toWord               // "to", which needs a verb
	verbWord             // of giving a secret
	fillWord             // says nothing
)

var proseWords = map[string]uint8{
	"is": linkWord, "ist": linkWord, "lautet": linkWord, "est": linkWord, "es": linkWord, "was": linkWord, "as": linkWord, "now": linkWord, "be": linkWord, "been": linkWord, "has": linkWord, "will": linkWord, "became": linkWord,
	"to":  linkWord | toWord,
	"set": linkWord | verbWord, "changed": linkWord | verbWord, "reset": linkWord | verbWord, "updated": linkWord | verbWord, "rotated": linkWord | verbWord,
	"changing": verbWord, "setting": verbWord, "updating": verbWord, "resetting": verbWord, "change": verbWord, "update": verbWord,
	"for": forWord, "of": forWord, "user": forWord, "account": forWord, "login": forWord,
	"the": fillWord, "a": fillWord, "his": fillWord, "her": fillWord, "their": fillWord, "your": fillWord, "my": fillWord, "its": fillWord, "new": fillWord, "temporary": fillWord,
}

// meansInProse returns what a word of prose does there, 0 for any other.
func meansInProse(s string) uint8 {
	var buf [9]byte
	if len(s) > len(buf) {
		return 0
	}
	for i := range len(s) {
		buf[i] = s[i] | 0x20
	}
	return proseWords[string(buf[:len(s)])]
}

// maxProse is how many words before a value are read.
const maxProse = 8

// isSaid reports, at little cost, that what begins at start may be said to be a secret: after is, was, as, to, now or a colon and a
// blank, with a quote before it or none.
func isSaid(text string, start int) bool {
	i := start - 1
	if i > 0 && isQuote(text[i]) {
		i--
	}
	if i < 5 || text[i] != ' ' {
		return false
	}
	switch a, b := text[i-2]|0x20, text[i-1]|0x20; {
	case text[i-1] == ':':
		return true
	case b == 's':
		return a == 'i' || a == 'a' || a == 'e'
	case b == 't':
		return a == 's' && text[i-4] == ' ' || a == 'e' && i >= 7 && text[i-7] == ' ' // ist, est, lautet
	case b == 'o':
		return a == 't'
	case b == 'w':
		return a == 'o'
	}
	return false
}

// said looks at the word text[start:end] of letters and digits, which isSaid lets through, as the value that prose gives a secret. It returns
// where to go on, 0 when it is none.
func (w *work) said(start, end int) int {
	text := w.text
	stop := bareEnd(text, start, ' ')
	i := start
	if isQuote(text[i-1]) {
		i--
		if stop = closingQuote(text, start, text[i], 0); stop == len(text) {
			return 0
		}
	} else if stop > end && strings.IndexByte(".,;:", text[stop-1]) >= 0 {
		stop--
	}
	s := text[start:stop]
	if stop < end || len(s) < 6 || isPlaceholder(s) || strings.ContainsAny(s, "=() /") || isAlgorithm(s) || stop < len(text) && (text[stop] == '=' || text[stop] == '(') {
		return 0
	}
	var words [maxProse]string
	n, colon := 0, false
	for n < maxProse {
		j := i
		for j > 0 && i-j < 3 && (text[j-1] == ' ' || isQuote(text[j-1]) || n == 0 && text[j-1] == ':') {
			j--
			colon = colon || text[j] == ':'
		}
		from := spanBack(text, j, 32, word)
		if j == i || from == j {
			break
		}
		words[n] = text[from:j]
		n++
		i = from
	}
	class, to := saidOf(words[:n], colon)
	digits := 0
	for i := range len(s) {
		if is(s[i], digit) {
			digits++
		}
	}
	kind := APIKey
	switch {
	case class == passwordKey:
		kind = Password
	case to || class != secretKey && class != tokenKey || len(s) < 12 || digits < 3 || strings.IndexByte(s, '-') >= 0:
		return 0
	case class == tokenKey:
		kind = Bearer
	}
	if w.add(start, stop, kind, 0.6) {
		return stop
	}
	return 0
}

// wordSaid looks at what follows the word is, that ends at i, after text[from:to] as a password of letters: "password is correcthorse". A
// word that says something about a password is none, and neither is one with which the sentence goes on.
func (w *work) wordSaid(i, from, to int) int {
	text := w.text
	if i+1 >= len(text) || text[i] != ' ' || classify(text[from:to]) != passwordKey {
		return i
	}
	start := i + 1
	for start < len(text) && start-i < 3 && isQuote(text[start]) {
		start++
	}
	end := span(text, start, letter|dash|under)
	if stop := bareEnd(text, start, ' '); stop > end && w.signed(start, end, stop) {
		return stop
	}
	if end-start < 6 || end < len(text) && strings.IndexByte(".,;\"')\n", text[end]) < 0 || end+1 < len(text) && text[end] == '.' && is(text[end+1], word) {
		return i
	}
	if s := text[start:end]; isFiller(s) || isNothing(s) || describes(s) || isPlaceholder(s) || !w.add(start, end, Password, 0.5) {
		return i
	}
	return end
}

// signed records text[start:stop], of which only letters stand before end, as a password where it goes on with a sign and holds a digit.
func (w *work) signed(start, end, stop int) bool {
	s := w.text[start:stop]
	return end > start && len(s) >= 6 && strings.IndexByte("!#$@&*^+?~", s[end-start]) >= 0 && classes(s)&digit != 0 && !isPlaceholder(s) &&
		!strings.ContainsAny(s, "=()/") && w.add(start, stop, Password, 0.6)
}

// commonAfter looks at what follows the word text[from:to], one blank after it, where it is the word password: one of the commonest
// passwords of letters alone, letters with signs and digits behind them, or a word with a digit in parentheses. It returns where to go on.
func (w *work) commonAfter(from, to int) int {
	text := w.text
	if to+1 >= len(text) || text[to] != ' ' || !equalFold(text[from:to], "password") {
		return to
	}
	if text[to+1] == '(' {
		stop := bareEnd(text, to+2, ' ')
		if s := text[to+2 : stop]; len(s) >= 6 && stop < len(text) && text[stop] == ')' && classes(s)&digit != 0 && classes(s)&letter != 0 &&
			!isPlaceholder(s) && !isAlgorithm(s) && !strings.ContainsAny(s, "=/") && w.add(to+2, stop, Password, 0.5) {
			return stop
		}
		return to
	}
	end := span(text, to+1, word)
	if stop := bareEnd(text, to+1, ' '); stop > end && w.signed(to+1, end, stop) {
		return stop
	}
	common := fold(text[to+1:end], func(s string) bool {
		switch s {
		case "qwerty", "qwertyuiop", "letmein", "iloveyou", "swordfish", "changeme", "trustno", "sunshine", "princess", "football", "baseball", "superman",
			"batman", "dragon", "monkey", "shadow", "abcdef", "asdfgh", "asdfghjkl", "zxcvbn", "zxcvbnm", "welcome", "starwars", "whatever", "freedom", "hunter",
			"correcthorse", "opensesame", "rockyou", "passw", "secretsauce", "admin", "root", "guest":
			return true
		}
		return false
	})
	if common && w.add(to+1, end, Password, 0.5) {
		return end
	}
	return to
}

// describes reports whether s ends as English adjectives and participles do.
func describes(s string) bool {
	for _, end := range [...]string{
		"ed", "en", "ing", "ble", "ect", "ic", "al", "ous", "ive", "ful", "less", "ory", "ary", "ent", "ant", "ure", "ly", "ient", "text", "id", "able", "sent",
		"ete", "ate", "ique", "out", "ost", "own", "er", "to", "empty", "weak", "short", "long", "ready", "alone", "only", "plain",
	} {
		if len(s) >= len(end) && equalFold(s[len(s)-len(end):], end) {
			return true
		}
	}
	return false
}

// saidOf reads the words before a value, the nearest first: links, whose it is, and the secret's name. It returns the class of
// that name, and whether the value is what it was changed to.
func saidOf(words []string, colon bool) (class keyClass, to bool) {
	at := func(i int) uint8 {
		if i < len(words) {
			return meansInProse(words[i])
		}
		return 0
	}
	i, verb := 0, false
	for at(i)&linkWord != 0 {
		to, verb = to || at(i)&toWord != 0, verb || at(i)&verbWord != 0
		i++
	}
	links := i
	if links == 0 && !colon {
		return noKey, to
	}
	if at(i+1)&forWord != 0 && i < len(words) {
		i++ // a name
	}
	for at(i)&(forWord|fillWord) != 0 {
		i++
	}
	if i >= len(words) || i == 0 {
		return noKey, to
	}
	name := words[i]
	if i+1 < len(words) && equalFold(name, "key") {
		name = words[i+1] + "_" + name
	}
	for j := i + 1; j < len(words) && at(j)&(fillWord|verbWord) != 0; j++ {
		verb = verb || at(j)&verbWord != 0
	}
	if to && !verb {
		return noKey, to
	}
	return classify(name), to
}

// isAlgorithm reports whether s names how something is hashed or encoded.
func isAlgorithm(s string) bool {
	for _, name := range [...]string{"argon2", "pbkdf2", "sha1", "sha2", "sha3", "sha5", "md5", "utf8", "utf16", "base64", "aes1", "aes2", "hs256", "rs256", "es256", "oauth2", "ed25519", "x509", "ripemd"} {
		if len(s) >= len(name) && equalFold(s[:len(name)], name) {
			return true
		}
	}
	return false
}
