package scan

import "strings"

// maxAuthority bounds how far a URL's authority is searched for an at sign.
const maxAuthority = 512

// url looks at the :// at i: the password in scheme://user:password@host is one, and so is a lone token there.
func (w *work) url(i int) int {
	text := w.text
	start := i + 3
	last, colon := -1, -1
	for j := start; j < len(text) && j-start < maxAuthority; j++ {
		c := text[j]
		if c == '/' || c == '?' || c == '#' {
			// A password may hold these unescaped; then an at sign and a host must follow.
			if colon < 0 || last >= 0 || !credentialsGoOn(text, j) {
				break
			}
			continue
		}
		if isSpace(c) || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' || c == '`' {
			break
		}
		if c == '@' {
			last = j
		}
		if c == ':' && colon < 0 {
			colon = j
		}
	}
	if last < 0 {
		return w.webhook(start)
	}
	if colon < 0 || colon > last {
		// https://token@host: a vendor's key is found as any other; a public Sentry key is hexadecimal.
		if v := text[start:last]; strings.Contains(v, "@") || strings.Contains(v, "%40") {
			w.add(start, last, Email, 0.8)
		} else if len(v) >= 20 && looksRandom(v) && !w.vendorAt(start) {
			w.add(start, last, URLCredentials, 0.7)
		}
		return last + 1
	}
	user, secret := text[start:colon], text[colon+1:last]
	if secret == "" || isPlaceholder(secret) {
		return last + 1
	}
	if !w.vendorAt(colon+1) && !w.add(colon+1, last, URLCredentials, 0.95) {
		w.add(colon+1, last, Password, 0.95)
	}
	if len(user) >= long && looksRandom(user) && !allHex(user) && !w.vendorAt(start) {
		w.add(start, colon, URLCredentials, 0.6)
	}
	return last + 1
}

// credentialsGoOn reports whether an at sign that ends credentials follows in the same stretch as the slash at i.
func credentialsGoOn(text string, i int) bool {
	rest := text[i:min(len(text), i+64)]
	if end := strings.IndexAny(rest, " \t\r\n\"'<>`\\,;)"); end >= 0 {
		rest = rest[:end]
	}
	at := strings.IndexByte(rest, '@')
	return at > 0 && !strings.Contains(rest[1:at], "/") && at+1 < len(rest) && is(rest[at+1], letter|digit)
}

// userInfo looks at text[start:at], which stands before an at sign, as the password of user:password@host without
// a scheme: a database's DSN, a proxy's address. It returns where to go on, and 0 when it is none.
func (w *work) userInfo(start, at int) int {
	text := w.text
	colon := start
	for colon > 0 && at-colon < maxLocal && text[colon-1] != ':' && !isSpace(text[colon-1]) && text[colon-1] != '"' && text[colon-1] != '/' {
		colon--
	}
	if colon == 0 || text[colon-1] != ':' {
		return 0
	}
	if from := spanBack(text, colon-1, maxLocal, word); from == colon-1 {
		return 0
	}
	// What follows must be a host with a port or path, or a network in parentheses.
	j := at + 1
	for j < len(text) && j-at < maxDomain && (is(text[j], word) || text[j] == '.') {
		j++
	}
	if j == at+1 || j+1 >= len(text) {
		return 0
	}
	port := text[j] == ':' && is(text[j+1], digit)
	path := text[j] == '/' && is(text[j+1], letter)
	if !port && !path && text[j] != '(' || isPlaceholder(text[colon:at]) {
		return 0
	}
	// task:user@host:9000 has the same form; a word of letters alone is taken for a name.
	if text[j] != '(' && classes(text[colon:at])&^(letter|under|dash) == 0 && at-colon < long && plainAtext(text[colon:at]) {
		return 0
	}
	if w.add(colon, at, URLCredentials, 0.95) || w.add(colon, at, Password, 0.95) {
		return at + 1
	}
	return 0
}

// plainAtext reports whether s is a word's bytes and dots alone.
func plainAtext(s string) bool {
	for i := 0; i < len(s); i++ {
		if !is(s[i], word) && s[i] != '.' {
			return false
		}
	}
	return true
}

// webhooks are the hosts and paths after which a URL's rest lets anybody post.
var webhooks = [...]struct {
	path string
	kind Kind
}{
	{"hooks.slack.com/services/", Slack},
	{"hooks.slack.com/workflows/", Slack},
	{"hooks.slack.com/triggers/", Slack},
	{"discord.com/api/webhooks/", Discord},
	{"discordapp.com/api/webhooks/", Discord},
	{"hooks.zapier.com/hooks/catch/", Vendor},
	{"outlook.office.com/webhook/", Azure},
	{"webhook.office.com/webhookb2/", Azure},
	{"maker.ifttt.com/trigger/", Vendor},
	{"chat.googleapis.com/v1/spaces/", Google},
}

// webhook looks at what follows a URL's :// as the address of a webhook.
func (w *work) webhook(i int) int {
	text := w.text
	host := i
	for !strings.HasPrefix(text[host:], "webhook.office.com") && host-i < 64 && host < len(text) && (is(text[host], word) || text[host] == '.') {
		host++ // a tenant's own name may stand before Microsoft's
	}
	for _, h := range webhooks {
		if !strings.HasPrefix(text[i:], h.path) && !strings.HasPrefix(text[host:], h.path) {
			continue
		}
		start := i + len(h.path)
		if !strings.HasPrefix(text[i:], h.path) {
			start = host + len(h.path)
		}
		stop := start
		for stop < len(text) && (is(text[stop], word) || text[stop] == '/' || text[stop] == '@' || text[stop] == '.') {
			stop++
		}
		if stop-start >= long && classes(text[start:stop])&digit != 0 && w.add(start, stop, h.kind, 0.9) {
			return stop
		}
	}
	return i
}
