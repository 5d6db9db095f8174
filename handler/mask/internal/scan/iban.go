package scan

// iban looks at the word text[start:end], which begins as an IBAN does or is as long as one.
func (w *work) iban(start, end int) int {
	if !w.kinds.Has(IBAN) {
		return end
	}
	if stop := ibanEnd(w.text, start); stop > 0 {
		score := float32(0.9)
		if !ibanValid(w.text[start:stop]) {
			// Mistyped, but the text says what it is.
			if near, _ := w.context(start); near&ofIBAN == 0 {
				return end
			}
			score = 0.6
		}
		if w.add(start, stop, IBAN, score) {
			return stop
		}
	}
	return end
}

// ibanLength returns how long the IBANs of a country are (the registry of ISO 13616), and 0 for no country.
func ibanLength(country [2]byte) int {
	const table = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18" +
		"FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24" +
		"ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25" +
		"SV28TL23TN24TR26UA29VA22VG24XK20YE30"
	for i := 0; i < len(table); i += 4 {
		if table[i] == country[0] && table[i+1] == country[1] {
			return int(table[i+2]-'0')*10 + int(table[i+3]-'0')
		}
	}
	return 0
}

// ibanEnd returns the end of what has an IBAN's form at i: compact, or in groups of four parted by one blank or
// dash; 0 when there is none.
func ibanEnd(text string, i int) int {
	if i+15 > len(text) || class[text[i]]&letter != class[text[i+1]]&letter || !is(text[i], letter) || !is(text[i+2], digit) || !is(text[i+3], digit) {
		return 0
	}
	letters := class[text[i]] & letter
	if i > 0 && is(text[i-1], word) {
		return 0
	}
	n := ibanLength([2]byte{text[i] &^ 0x20, text[i+1] &^ 0x20})
	if n == 0 {
		return 0
	}
	count, since, j := 0, 0, i
	for ; count < n; j++ {
		if j >= len(text) {
			return 0
		}
		switch c := text[j]; {
		case is(c, letters|digit):
			count++
			since++
		case (c == ' ' || c == '-') && since == 4:
			since = 0
		default:
			return 0
		}
	}
	if j < len(text) && is(text[j], word) {
		return 0
	}
	return j
}

// ibanValid reports whether the number leaves 1 when divided by 97 (ISO 7064), its first four characters put last
// and letters read as 10 to 35.
func ibanValid(s string) bool {
	rest := 0
	add := func(c byte) {
		switch {
		case is(c, digit):
			rest = (rest*10 + int(c-'0')) % 97
		case is(c, letter):
			rest = (rest*100 + int(c&^0x20-'A') + 10) % 97
		}
	}
	for i := 4; i < len(s); i++ {
		add(s[i])
	}
	for i := 0; i < 4; i++ {
		add(s[i])
	}
	return rest == 1
}
