package scan

import "strings"

// Counts of what a text holds, eight bits each: a short text is weighed in one sum.
const (
	aDigit  = 1
	aBlank  = 1 << 8
	anUpper = 1 << 16
	aP      = 1 << 24 // of password, passwd, pwd
	aSign   = 1 << 32
	aDash   = 1 << 40

	maxPlain   = 64
	fewDigits  = 7 // fewer are no telephone number
	codeDigits = 4 // fewer are no code
	// A key of 20 random letters has fewer capitals once in 170.
	fewCapitals = 5
	awsLength   = 40 // the length of AWS's secret keys, which may have blanks around and no long word in them
)

var weight = func() (t [256]uint64) {
	for c, k := range class {
		switch {
		case k&sign != 0:
			t[c] = aSign
		case k&dash != 0:
			t[c] = aDash
		case k&digit != 0:
			t[c] = aDigit
		case k&upper != 0:
			t[c] = anUpper
		case c == ' ':
			t[c] = aBlank
		}
	}
	t['p'] += aP
	t['P'] += aP
	return t
}()

// isPlain reports whether a text of maxPlain bytes at most holds nothing that scan would look at closer. It only
// serves to be cheap for the many short values of a record: false says nothing.
func isPlain(text string) bool {
	if len(text) == 36 && text[8] == '-' && text[23] == '-' {
		return isUUID(text)
	}
	sum := uint64(0)
	s, t := text, &weight
	for len(s) >= 8 {
		sum += t[s[0]] + t[s[1]] + t[s[2]] + t[s[3]] + t[s[4]] + t[s[5]] + t[s[6]] + t[s[7]]
		s = s[8:]
	}
	if len(s) >= 4 {
		sum += t[s[0]] + t[s[1]] + t[s[2]] + t[s[3]]
		s = s[4:]
	}
	if len(s) >= 2 {
		sum += t[s[0]] + t[s[1]]
		s = s[2:]
	}
	if len(s) > 0 {
		sum += t[s[0]]
	}
	if sum>>32 != 0 && (sum >= 5*aDash || sum&(0xff*(aSign|aBlank|anUpper)) != 0 || text[0] == '-') {
		return false // dashes are plain inside of words in small letters alone: five begin a PEM, one behind a blank an option
	}
	switch digits := sum & 0xff; {
	case digits == 0 && sum>>16&0xff < fewCapitals: // a random key of letters alone has more
		return sum>>24&0xff == 0 || sum>>8&0xff < 2 || !strings.Contains(text, "assw") // password is correcthorse
	case digits >= fewDigits, sum>>8&0xff != 0 && (sum>>24&0xff != 0 || digits >= codeDigits || len(text) >= awsLength):
		return false // a password or code in prose, a key between blanks
	}
	return !hasLongWord(text)
}

// isLoneWord reports whether a text is one word of small letters, digits, dashes and underscores that is no credential by its beginning: the
// name of a pod, an identifier. Nothing stands before it that could speak for its being a key, and it is too short to be
// one by itself.
func isLoneWord(text string) bool {
	if len(text) <= headLength || len(text) >= lonely {
		return false
	}
	all := uint32(0)
	s, t := text, &loneClass
	for len(s) >= 8 {
		all |= t[s[0]] | t[s[1]] | t[s[2]] | t[s[3]] | t[s[4]] | t[s[5]] | t[s[6]] | t[s[7]]
		s = s[8:]
	}
	if len(s) >= 4 {
		all |= t[s[0]] | t[s[1]] | t[s[2]] | t[s[3]]
		s = s[4:]
	}
	if len(s) >= 2 {
		all |= t[s[0]] | t[s[1]]
		s = s[2:]
	}
	if len(s) > 0 {
		all |= t[s[0]]
	}
	if all&(loneLetter|notLone) != loneLetter || text[0] == '-' {
		return false
	}
	if all == loneLetter {
		return true
	}
	if t[text[2]]&t[text[3]]&loneDigit != 0 && t[text[0]]&loneDigit == 0 {
		return false // as an IBAN begins
	}
	h := headHash(text[0], text[1], text[2])
	return heads[h/64]&(1<<(h%64)) == 0
}

const (
	loneLetter = 1 << iota
	loneDigit
	loneJoint // a dash or underscore
	notLone
)

var loneClass = func() (t [256]uint32) {
	for c, k := range class {
		switch {
		case k&lower != 0:
			t[c] = loneLetter
		case k&digit != 0:
			t[c] = loneDigit
		case k&(dash|under) != 0:
			t[c] = loneJoint
		default:
			t[c] = notLone
		}
	}
	return t
}()

// isUUID reports whether a text of 36 bytes, with dashes where a UUID has some, is letters, digits and dashes alone.
func isUUID(text string) bool {
	all := uint16(0)
	for s, t := text, &class; len(s) >= 4; s = s[4:] {
		all |= t[s[0]] | t[s[1]] | t[s[2]] | t[s[3]]
	}
	return all&^uint16(letter|digit|dash) == 0 // no letter beyond f
}

// hasLongWord reports whether text holds a word of long bytes. It looks for a gap backwards from where such a word
// would end, so that most bytes need no look.
func hasLongWord(text string) bool {
	for end := long - 1; end < len(text); {
		i := end
		for i > end-long && is(text[i], word) {
			i--
		}
		if i == end-long {
			return true
		}
		end = i + long
	}
	return false
}
