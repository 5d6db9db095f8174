package tag

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shape is how a token is written.
type Shape uint8

// The shapes of tokens.
const (
	Lower    Shape = iota // word
	Title                 // Word
	Prefix                // McDonald, O'Brien, D'Angelo
	Hyphen                // Jean-Luc
	Initial               // J
	Initials              // J.R. or U.S.
	Caps                  // WORD
	Camel                 // wordWord, WordWord
	Amp                   // &
	Digits                // 123
	Uncased               // a script without capitals
	Mixed                 // digits among letters, underscores
	Mark                  // [EMAIL_REDACTED]
)

// What stands between a token and the one before it.
const (
	gapOther = iota
	gapSpace // white space
	gapDot   // a full stop that ends an abbreviation, white space perhaps
	gapOwner // 's and white space
	gapComma // a comma and a space
	gapKey   // = or :, with quotes or white space
)

// Token is a word of the text.
type Token struct {
	Start, End    int
	Hash          uint64 // of the text in lower case
	Class         Class
	Shape         Shape
	gap           uint8
	before, after byte // what touches it, 0 for white space
	fresh         bool // after a stop, a colon or a bracket: a sentence may begin here
	machine       bool // part of a path, an identifier, a call
	cand          bool
}

const (
	cOther = iota
	cLetter
	cDigit
	cUnder
	cHigh // not ASCII
)

var classOf = func() (t [256]uint8) {
	for c := range 256 {
		switch b := byte(c); {
		case 'a' <= b|0x20 && b|0x20 <= 'z':
			t[c] = cLetter
		case '0' <= b && b <= '9':
			t[c] = cDigit
		case b == '_':
			t[c] = cUnder
		case b >= 0x80:
			t[c] = cHigh
		}
	}
	return t
}()

// glue are the characters that make a word that touches them a part of something that is no prose.
var glue = func() (t [256]bool) {
	for _, c := range []byte(`/\@_$#%~*^|<>{}+`) {
		t[c] = true
	}
	t['<'], t['>'], t['{'], t['}'] = false, false, false, false
	return t
}()

const (
	hashSeed  = 0xcbf29ce484222325
	hashPrime = 0x100000001b3
)

// HashWord returns the hash of a word, which is to be in lower case.
func HashWord(w string) uint64 {
	h := uint64(hashSeed)
	for i := range len(w) {
		h = (h ^ uint64(w[i])) * hashPrime
	}
	return h ^ h>>29
}

// hashPair is the hash of a name of several words: of what stands before, and of the next word.
func hashPair(a, b uint64) uint64 {
	h := (a*31 + b) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// tokenize appends the tokens of s to dst.
func (m *Model) tokenize(dst []Token, s string) []Token {
	for i := 0; i < len(s); {
		c := s[i]
		switch classOf[c] {
		case cOther:
			if c == '[' {
				if n := markLen(s[i:]); n > 0 {
					dst = append(dst, Token{Start: i, End: i + n, Hash: HashWord("[]"), Shape: Mark, gap: gapBetween(s, dst, i), machine: true})
					i += n
					continue
				}
			}
			if c == '&' && i > 0 && s[i-1] == ' ' && i+1 < len(s) && s[i+1] == ' ' {
				dst = append(dst, Token{Start: i, End: i + 1, Hash: HashWord("&"), Class: Particle, Shape: Amp, gap: gapBetween(s, dst, i)})
			}
			i++
			continue
		case cHigh:
			r, n := utf8.DecodeRuneInString(s[i:])
			if !unicode.IsLetter(r) {
				i += n
				continue
			}
		}
		t := m.word(s, i)
		t.gap = gapBetween(s, dst, i)
		dst = append(dst, t)
		i = t.End
	}
	return dst
}

// word reads the token that begins at i.
func (m *Model) word(s string, i int) Token {
	t := Token{Start: i}
	h := uint64(hashSeed)
	var uppers, lowers, digits, others, hyphens, apostrophes, runes, afterUpper int
	firstUpper, partUpper := false, true // partUpper: every part after a hyphen begins with a capital
	lastUpper := false
	j := i
scan:
	for j < len(s) {
		c := s[j]
		switch classOf[c] {
		case cLetter:
			if c < 'a' {
				if runes == 0 {
					firstUpper = true
				} else if !lastUpper {
					afterUpper++
				}
				uppers++
				lastUpper = true
				c |= 0x20
			} else {
				lowers++
				lastUpper = false
			}
			h = (h ^ uint64(c)) * hashPrime
			j++
		case cDigit:
			digits++
			lastUpper = false
			h = (h ^ uint64('0')) * hashPrime
			j++
		case cUnder:
			others++
			lastUpper = false
			h = (h ^ uint64(c)) * hashPrime
			j++
		case cHigh:
			r, n := utf8.DecodeRuneInString(s[j:])
			if r == '’' && runes > 0 && letterAt(s, j+n) && !owner(s, j+n) {
				apostrophes++
				lastUpper = false
				h = (h ^ uint64('\'')) * hashPrime
				j += n
				break
			}
			if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\u200c' && r != '\u200d' {
				break scan
			}
			switch l := unicode.ToLower(r); {
			case l != r:
				if runes == 0 {
					firstUpper = true
				} else if !lastUpper {
					afterUpper++
				}
				uppers++
				lastUpper = true
				r = l
			case unicode.IsLower(r) || unicode.IsMark(r) || r == '\u200c' || r == '\u200d':
				lowers++
				lastUpper = false
			default:
				others++
				lastUpper = false
				t.Shape = Uncased
			}
			var b [utf8.UTFMax]byte
			for _, x := range b[:utf8.EncodeRune(b[:], r)] {
				h = (h ^ uint64(x)) * hashPrime
			}
			j += n
		default:
			switch {
			case c == '\'' && runes > 0 && letterAt(s, j+1) && !owner(s, j+1):
				apostrophes++
			case c == '-' && runes > 0 && wordAt(s, j+1):
				hyphens++
				if r, _ := utf8.DecodeRuneInString(s[j+1:]); !unicode.IsUpper(r) {
					partUpper = false
				}
			default:
				break scan
			}
			lastUpper = false
			h = (h ^ uint64(c)) * hashPrime
			j++
			runes++
			continue scan
		}
		runes++
	}
	t.End, t.Hash = j, h^h>>29
	t.Class = m.lookup(t.Hash)
	letters := uppers + lowers
	switch {
	case t.Shape == Uncased && digits == 0 && uppers == 0:
	case digits > 0 && letters == 0 && others == 0:
		t.Shape = Digits
	case digits > 0 || others > 0:
		t.Shape = Mixed
	case uppers == 0:
		t.Shape = Lower
	case runes == 1:
		t.Shape = Initial
		if e := initials(s, i); e > 0 {
			t.End, t.Shape = e, Initials
		}
	case hyphens > 0:
		t.Shape = Mixed
		if firstUpper && partUpper && uppers == hyphens+1 || hyphenName(s[i:j]) {
			t.Shape = Hyphen
		} else if lowers == 0 {
			t.Shape = Caps
		}
	case lowers == 0:
		t.Shape = Caps
	case firstUpper && uppers == 1:
		t.Shape = Title
		if runes > 6 && streetEnd(s[i:j]) {
			t.Class |= Street
		}
	case firstUpper && uppers == 2 && afterUpper == 1 && namePrefix(s[i:j]):
		t.Shape = Prefix
	default:
		t.Shape = Camel
	}
	if i > 0 && !blank(s[i-1]) {
		t.before = s[i-1]
	}
	if j = t.End; j < len(s) && !blank(s[j]) {
		t.after = s[j]
	}
	t.fresh = i > 1 && blank(s[i-1]) && fresh(s[:i])
	t.machine = m.machine(s, &t)
	return t
}

// machine says whether the token is part of something that is no prose.
func (m *Model) machine(s string, t *Token) bool {
	if t.Shape == Mixed || glue[t.before] || glue[t.after] {
		return true
	}
	next := byte(' ')
	if t.End+1 < len(s) {
		next = s[t.End+1]
	}
	switch t.after {
	case '.':
		if t.Shape != Initial && t.Shape != Initials && (classOf[next] == cLetter || classOf[next] == cDigit || next == '/') {
			return true
		}
	case ':', '=':
		if !blank(next) && next != '\'' || t.after == '=' { // a key, a host with its port
			return true
		}
	case '(', '[', '-', '`':
		return true
	}
	prev := byte(' ')
	if t.Start > 1 {
		prev = s[t.Start-2]
	}
	switch t.before {
	case '.':
		return !(t.Start > 1 && 'A' <= prev && prev <= 'Z' && (t.Start == 2 || classOf[s[t.Start-3]] == cOther))
	case '-', '`':
		return true
	case ':':
		return prev == ':' || classOf[prev] == cDigit || prev == ' '
	case '&', ';', '?', '!':
		return !blank(prev)
	}
	return false
}

// fresh says whether a sentence may begin after s, which ends in white space.
func fresh(s string) bool {
	i := len(s) - 1
	for i > 0 && blank(s[i]) {
		i--
	}
	switch s[i] {
	case ':', '.', ']', '-', '|', '!', '?', ';', ')', '>', '}':
		return true
	}
	return i < len(s)-2
}

// gapBetween says what stands between the last token of dst and i.
func gapBetween(s string, dst []Token, i int) uint8 {
	if len(dst) == 0 {
		return gapOther
	}
	last := &dst[len(dst)-1]
	g := s[last.End:i]
	switch g {
	case " ":
		return gapSpace
	case ".", ". ":
		if last.Shape == Initial || last.Class&(Honorific|OrgEnd|Street) != 0 && last.End-last.Start <= 5 {
			return gapDot
		}
		return gapOther
	case "'s ", "’s ":
		return gapOwner
	case ", ":
		return gapComma
	case "":
		return gapOther
	}
	if len(g) > 8 {
		return gapOther
	}
	key := false
	for k := range len(g) {
		switch g[k] {
		case '=', ':':
			if key {
				return gapOther
			}
			key = true
		case '"', '\'', ' ', '\\', '{', '[', '(', '<', '\t':
		default:
			return gapOther
		}
	}
	if key {
		return gapKey
	}
	return gapOther
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func letterAt(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	if s[i] < 0x80 {
		return classOf[s[i]] == cLetter
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsLetter(r)
}

func wordAt(s string, i int) bool {
	return i < len(s) && (classOf[s[i]] == cDigit || letterAt(s, i))
}

// owner says whether s[i:] is the s of an owner (Maria's).
func owner(s string, i int) bool {
	return s[i] == 's' && !wordAt(s, i+1)
}

// namePrefix says whether the second capital of a word follows a prefix of names.
func namePrefix(w string) bool {
	for _, p := range [...]string{"Mc", "Mac", "Fitz", "De", "Di", "Da", "Le", "La", "Du", "Van", "O'", "D'", "L'", "O’", "D’", "L’"} {
		if len(w) > len(p)+1 && w[:len(p)] == p && (w[len(p)] >= 0x80 || 'A' <= w[len(p)] && w[len(p)] <= 'Z') {
			return true
		}
	}
	return false
}

// streetEnd says whether a word ends as names of streets do in German, Dutch and the Nordic languages.
func streetEnd(w string) bool {
	switch w[len(w)-1] {
	case 'e', 'n', 'a', 't', 'g', 'z', 'j':
		for _, end := range [...]string{"strasse", "straße", "gasse", "gade", "allee", "gatan", "vägen", "gata", "straat", "steenweg", "platz", "vej"} {
			if strings.HasSuffix(w, end) {
				return true
			}
		}
	}
	return false
}

// hyphenName says whether a word is an Arabic name (al-Masri).
func hyphenName(w string) bool {
	return len(w) > 4 && (w[:3] == "al-" || w[:3] == "el-" || w[:3] == "ad-" || w[:3] == "as-") && 'A' <= w[3] && w[3] <= 'Z'
}

// initials returns the end of a row of initials (J.R., U.S.) that begins at i, 0 when there are not at least two.
func initials(s string, i int) int {
	n := 0
	for i+1 < len(s) && n < 6 && 'A' <= s[i] && s[i] <= 'Z' && s[i+1] == '.' {
		n++
		i += 2
	}
	if n < 2 || i < len(s) && classOf[s[i]] != cOther {
		return 0
	}
	return i
}

// markLen returns the length of the mark of a mask ([EMAIL_REDACTED], [EMAIL_HASH:…]) that s begins with, 0 for none.
func markLen(s string) int {
	for i := 1; i < len(s) && i < 96; i++ {
		switch c := s[i]; {
		case c == ']':
			if i > 1 {
				return i + 1
			}
			return 0
		case 'A' <= c && c <= 'Z', i > 1 && ('0' <= c && c <= '9' || c == '_' || c == ':'):
		default:
			return 0
		}
	}
	return 0
}
