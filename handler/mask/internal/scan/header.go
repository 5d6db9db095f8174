package scan

import "strings"

// hasSet reports whether a cookie header's name is that of the response: Set-Cookie.
func hasSet(name string) bool { return len(name) > 6 && equalFold(name[:3], "set") }

// authorization looks at the value of an Authorization header: a scheme and credentials, or credentials alone.
func (w *work) authorization(i int, v value) int {
	text := w.text
	stop := v.end
	j := v.start
	kind := Bearer
	// Without quotes the value ends at the blank after the scheme.
	name := span(text, j, word)
	if equalFold(text[j:name], "digest") {
		return w.digest(name)
	}
	if name-j > 5 && text[j:j+5] == "AWS4-" {
		return name // the parameters are keys of their own
	}
	if equalFold(text[j:name], "oauth") && strings.HasPrefix(text[name:], " oauth_") {
		return name
	}
	if v.quoted && v.start > 1 && text[v.start-2] == '(' {
		return w.userAndPassword(i, v)
	}
	if scheme := authScheme(text[j:name]); scheme != 0 && name < len(text) && (text[name] == ' ' || text[name] == '+' || strings.HasPrefix(text[name:], "%20")) {
		kind = scheme
		j = name
		for j < len(text) && j-name < 4 {
			if text[j] == ' ' || text[j] == '+' {
				j++
			} else if strings.HasPrefix(text[j:], "%20") {
				j += 3
			} else {
				break
			}
		}
		if !v.quoted {
			stop = bareEnd(text, j, ':')
		}
		if j >= stop {
			return i + 1
		}
		if s := text[j:stop]; isPlaceholder(s) || isNothing(s) || isFiller(s) || len(s) < 3 || strings.HasPrefix(s, "Credential=") ||
			v.prose && !v.quoted && isName(s) && len(s) < long && classes(s)&upper == 0 { // auth: token validation failed
			return i + 1
		}
	} else {
		s := text[j:stop]
		m := classes(s)
		if len(s) <= maxRefused && (isPlaceholder(s) || isNothing(s) || isFiller(s) || len(s) < 8 || strings.IndexByte(s, ' ') >= 0 ||
			m&digit == 0 && (v.prose || len(s) < long) || isName(s) || isPath(s) || m&letter == 0) {
			return i + 1
		}
	}
	return w.addValue(i, value{start: j, end: stop}, kind, 0.95)
}

// userAndPassword looks at the first of two texts in parentheses as the name of a user: auth=('bob', 'x').
func (w *work) userAndPassword(i int, v value) int {
	text := w.text
	j := v.end + 1
	for j < len(text) && j-v.end < 4 && (text[j] == ',' || text[j] == ' ') {
		j++
	}
	if j >= len(text) || !isQuote(text[j]) || j == v.end+1 {
		return i + 1
	}
	second := value{start: j + 1, end: closingQuote(text, j+1, text[j], 0), quoted: true}
	if second.end <= second.start || isPlaceholder(text[second.start:second.end]) {
		return i + 1
	}
	return w.addValue(i, second, Password, 0.9)
}

// userAndPasswordAt looks at the colon at i, after the name that begins at from, as that between a user and a password, which the word
// before says: credentials admin:x, basic auth admin:x. It returns where to go on, and 0 when it is none.
func (w *work) userAndPasswordAt(i, from int) int {
	text := w.text
	switch before := text[spanBack(text, from-1, maxLocal, word) : from-1]; {
	case equalFold(before, "credentials"), equalFold(before, "creds"), equalFold(before, "auth"):
	default:
		return 0
	}
	end := bareEnd(text, i+1, ' ')
	s := text[i+1 : end]
	if len(s) < 5 || !hasDigits(s, 1) || classes(s)&letter == 0 || strings.ContainsAny(s, "/=:@()") || isPlaceholder(s) || !w.add(i+1, end, Password, 0.6) {
		return 0
	}
	return end
}

// digest looks at the parameters of digest authentication from i on, of which the response is the secret.
func (w *work) digest(i int) int {
	const name = "response="
	at := strings.Index(w.text[i:min(len(w.text), i+wordForward)], name)
	if at < 0 {
		return i
	}
	if v, ok := valueAfter(w.text, i+at+len(name)-1, i+at+len(name)-1); ok && v.end-v.start >= long && w.add(v.start, v.end, APIKey, 0.9) {
		return v.end
	}
	return i
}

// authScheme returns the kind of what follows a scheme of HTTP authentication, and 0 for what is no scheme.
func authScheme(s string) Kind {
	if len(s) > 12 || len(s) < 3 {
		return 0
	}
	for _, a := range [...]struct {
		name string
		kind Kind
	}{
		{"bearer", Bearer}, {"basic", BasicAuth}, {"token", Bearer}, {"apikey", APIKey}, {"api-key", APIKey}, {"jwt", Bearer}, {"bot", Bearer},
		{"negotiate", Bearer}, {"ntlm", Bearer}, {"oauth", Bearer}, {"ssws", Bearer}, {"key", APIKey}, {"dpop", Bearer},
		{"splunk", Bearer}, {"genie-key", APIKey}, {"geniekey", APIKey}, {"sharedkey", APIKey}, {"privatetoken", Bearer}, {"goog", Bearer},
	} {
		if equalFold(s, a.name) {
			return a.kind
		}
	}
	return 0
}

// cookies looks at the value of a Cookie header, pairs parted by semicolons, or of a Set-Cookie header, one pair
// with attributes behind it.
func (w *work) cookies(i int, v value, set bool) int {
	text := w.text
	stop := v.end
	if !v.quoted {
		for stop < len(text) && text[stop] != '\n' && text[stop] != '\r' && text[stop] != '"' && text[stop] != '\\' && text[stop] != ']' && stop-v.start < 4096 {
			stop++
		}
	}
	for j := v.start; j < stop; {
		for j < stop && (text[j] == ' ' || text[j] == ';') {
			j++
		}
		name := j
		for j < stop && text[j] != '=' && text[j] != ';' && text[j] != ' ' && text[j] != ',' {
			j++
		}
		if j >= stop || text[j] != '=' {
			if j < stop && text[j] == ';' {
				continue
			}
			return max(j, i+1)
		}
		start := j + 1
		for j = start; j < stop && text[j] != ';' && text[j] != ' ' && text[j] != ',' && text[j] != '"'; j++ {
		}
		if s := text[start:j]; len(s) >= 6 && !isPlaceholder(s) && !isNothing(s) && (secretCookie(text[name:start-1]) && classes(s)&digit != 0 ||
			len(s) >= 20 && looksRandom(s) && !hasPrefixFold(text[name:start-1], "_g")) {
			w.addValue(i, value{start: start, end: j}, Session, 0.9)
		}
		if set {
			return j
		}
	}
	return max(stop, i+1)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}

// secretCookie reports whether a cookie of the name lets its bearer in.
func secretCookie(name string) bool {
	for i := 0; i < len(name); i++ {
		for _, s := range [...]string{"sess", "sid", "auth", "token", "jwt", "remember", "secret", "login", "csrf", "xsrf", "ticket"} {
			if len(name)-i >= len(s) && equalFold(name[i:i+len(s)], s) {
				return true
			}
		}
	}
	return false
}
