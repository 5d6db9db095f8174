package scan

// keyClass says what the value of a key is.
type keyClass uint8

const (
	noKey       keyClass = iota
	passwordKey          // password: any value
	pinKey               // pin, cvv, otp: a few digits
	secretKey            // client_secret, api_key: any value that is no plain word of prose
	awsKey               // aws_secret_access_key
	tokenKey             // access_token: a value with a digit, or a long one
	codeKey              // code, signature: a random value
	sessionKey           // session_id: a random value that is no id
	loginKey             // jsessionid: a session that is nothing but
	authKey              // authorization: scheme and credentials
	cookieKey            // cookie: pairs
	someKey              // twitch_key: a value that nothing but a key has
	answerKey            // security_answer: any value in quotes
	queryKey             // ?key=: a value that nothing but a key has
	valueKey             // value: what stands under a name beside it
)

// keyTails are the last three bytes, each |0x20, that the words of secret keys end in, as a Bloom filter.
var keyTails = func() (t [64]uint64) {
	for _, s := range []string{
		"ord", "swd", "pwd", "ass", "ase", "ode", "ret", "ken", "key", "uth", "ion", "kie", "pin", "cvv", "cvc", "als", "eds", "ial", "sid",
		"sig", "ure", "jwt", "otp", "rer", "nid", "\x7fid", "-id", "ort", "ets", "eys", "\x7fpw", "-pw", " pw", "\"pw", "{pw", "?pw", "&pw", "\x7fpk",
		"eed", "nic", "alt", " by", " is", "wer", "lue", "psk",
		"vv2", "vc2", "rd1", "rd2", "ss1", "ss2", "ey1", "ey2", "tan", "pat", "irm", "eat", "ain", "old", "new", "raw", "hex", "b64", "e64",
		"ena", "nha", "ola", "slo", "ana", "szo", "fre", "sse", "zka", "ave",
	} {
		h := tailHash(s[0], s[1], s[2])
		t[h>>6] |= 1 << (h & 63)
	}
	return t
}()

func tailHash(a, b, c byte) uint32 {
	x := uint32(a) | uint32(b)<<8 | uint32(c)<<16
	return (x | 0x202020) * 0x9e3779b1 >> 20
}

// keyTail reports whether what ends at to, 2 or more, may be the name of a secret.
func keyTail(text string, to int) bool {
	a := byte(' ')
	if to > 2 {
		a = text[to-3]
	}
	h := tailHash(a, text[to-2], text[to-1])
	return keyTails[h>>6]&(1<<(h&63)) != 0
}

// classify returns what the value of the key is: by the key's last word and the one before, where words are parted
// by _ - or a change of case, and by how a key without such parts ends.
func classify(key string) keyClass {
	var buf [32]byte
	if len(key) > len(buf) {
		key = key[len(key)-len(buf):]
	}
	n, last, prev := 0, 0, 0
	for i := 0; i < len(key); i++ {
		c := key[i]
		if !is(c, letter|digit) {
			if n > last {
				prev, last = last, n
			}
			continue
		}
		if is(c, upper) && i > 0 && n > last && (is(key[i-1], lower|digit) || is(key[i-1], upper) && i+1 < len(key) && is(key[i+1], lower)) {
			prev, last = last, n
		}
		buf[n] = c
		if is(c, upper) {
			buf[n] |= 0x20
		}
		n++
	}
	if last == n {
		last, prev = prev, 0
		n = max(n, last)
	}
	for n > last+3 && is(buf[n-1], digit) { // password2
		n--
	}
	return keyOf(string(buf[last:n]), string(buf[prev:last]), string(buf[:n]))
}

func keyOf(last, prev, all string) keyClass {
	if prev != "" {
		switch last {
		case "confirm", "confirmation", "repeat", "again", "old", "new", "plain", "raw", "value", "hex", "b64", "base64": // password_confirmation
			switch class := keyOf(prev, all[:len(all)-len(last)-len(prev)], all[:len(all)-len(last)]); class {
			case passwordKey, secretKey, awsKey, tokenKey:
				return class
			}
		}
	}
	switch last {
	case "password", "passwords", "passwd", "pwd", "pass", "passphrase", "passcode", "pw", "passwort", "pswd", "passw", "userpass", "requirepass", "masterauth",
		"psk", "kennwort", "wachtwoord", "contrasena", "clave", "senha", "parola", "haslo", "heslo", "geslo", "losenord", "passord", "kodeord", "adgangskode",
		"salasana", "jelszo", "sifre", "lozinka":
		if prev == "no" || prev == "forgot" || prev == "reset" || prev == "by" {
			return noKey
		}
		return passwordKey
	case "pin", "cvv", "cvc", "otp", "totp", "cvn", "tan", "mtan", "smstan":
		return pinKey
	case "secret", "credential", "credentials", "creds", "secrets":
		return secretKey
	case "seed", "salt":
		if prev == "wallet" || prev == "recovery" || prev == "secret" {
			return secretKey
		}
		return noKey
	case "token", "jwt", "bearer", "pat":
		if hasSuffix(all, "publickeytoken") { // of an assembly of .NET
			return noKey
		}
		switch prev {
		case "next", "page", "continuation", "cancel", "cancellation", "eos", "bos", "pad", "stop", "unexpected", "last", "max", "sync", "shard":
			return noKey
		}
		return tokenKey
	case "key":
		switch prev {
		case "access", "secret", "saccess", "accesskey":
			if hasAWSSecret(all) {
				return awsKey
			}
			return secretKey
		case "api", "private", "auth", "encryption", "master", "signing", "account", "shared", "service", "subscription", "client", "license", "ssh",
			"webhook", "deploy", "admin", "app", "application", "integration", "write", "ingest", "x", "storage", "hmac", "crypto", "rpc", "server", "consumer",
			"token", "jwt", "session", "functions", "host", "ingestion", "instrumentation", "secretaccess":
			return secretKey
		case "", "public", "primary", "foreign", "partition", "sort", "row", "cache", "object", "routing", "message", "group", "idempotency", "dedup",
			"index", "lookup", "map", "hash", "range", "join", "shard", "unique", "composite", "natural", "surrogate", "config", "registry", "host_public":
			return noKey
		}
		return someKey
	case "code":
		switch prev {
		case "", "auth", "authorization", "oauth", "verification", "device", "login", "grant":
			return codeKey
		}
		return noKey
	case "answer":
		if prev == "secret" || prev == "security" || prev == "recovery" {
			return answerKey
		}
		return noKey
	case "mnemonic":
		return answerKey
	case "phrase":
		if prev == "seed" || prev == "recovery" || prev == "mnemonic" || prev == "backup" {
			return answerKey
		}
		return noKey
	case "value":
		if prev == "" {
			return valueKey
		}
		return noKey
	case "signature", "sig", "assertion", "verifier":
		return codeKey
	case "passe":
		if prev == "de" { // mot_de_passe
			return passwordKey
		}
		return noKey
	case "authorization", "auth":
		return authKey
	case "cookie", "cookies":
		return cookieKey
	case "id":
		if hasSuffix(all, "netsessionid") { // of ASP.NET
			return loginKey
		}
		if prev == "session" || prev == "sess" {
			return sessionKey
		}
		return noKey
	case "sid", "session", "sessionid":
		return sessionKey
	case "sessid", "jsessionid", "phpsessid", "aspsessionid":
		return loginKey
	}
	switch {
	case hasSuffix(all, "password"), hasSuffix(all, "passwd"), hasSuffix(all, "passphrase"), hasSuffix(all, "dbpass"), hasSuffix(all, "userpass"),
		hasSuffix(all, "dbpwd"), hasSuffix(all, "userpwd"), hasSuffix(all, "smtppass"), hasSuffix(all, "passwort"), hasSuffix(all, "motdepasse"):
		return passwordKey
	case hasSuffix(all, "secretaccesskey"), hasSuffix(all, "awssecretkey"), hasSuffix(all, "awssecret"):
		return awsKey
	case hasSuffix(all, "secret"), hasSuffix(all, "secretkeybase"), hasSuffix(all, "apikey"), hasSuffix(all, "apikeys"), hasSuffix(all, "secretkey"), hasSuffix(all, "accesskey"), hasSuffix(all, "privatekey"),
		hasSuffix(all, "authkey"), hasSuffix(all, "masterkey"), hasSuffix(all, "encryptionkey"), hasSuffix(all, "accountkey"), hasSuffix(all, "appkey"),
		hasSuffix(all, "signingkey"), hasSuffix(all, "sharedkey"), hasSuffix(all, "credential"), hasSuffix(all, "credentials"), hasSuffix(all, "licensekey"):
		return secretKey
	case hasSuffix(all, "token"), hasSuffix(all, "jwt"):
		return tokenKey
	case hasSuffix(all, "sessid"), hasSuffix(all, "jsessionid"):
		return loginKey
	case hasSuffix(all, "sessionid"):
		return sessionKey
	case hasSuffix(all, "setcookie"):
		return cookieKey
	case hasSuffix(all, "signature"):
		return codeKey
	}
	return noKey
}

func hasSuffix(s, end string) bool { return len(s) >= len(end) && s[len(s)-len(end):] == end }

// hasAWSSecret reports whether a key that ends in accesskey or secretkey is the secret one of AWS.
func hasAWSSecret(all string) bool {
	return hasSuffix(all, "secretaccesskey") || hasSuffix(all, "awssecretkey") || hasSuffix(all, "secretkey") && len(all) > 3 && all[:3] == "aws"
}
