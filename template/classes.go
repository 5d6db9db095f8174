package template

// Properties of bytes, see classes.
const (
	isDigit   uint8 = 1 << iota
	isHex           // a to f, in either case
	isLetter        // any letter, and every byte of a character past ASCII
	isJoin          // punctuation inside tokens
	isSep           // everything else: white space, brackets, most punctuation
	isQuote         // may open a quotation
	isSlash         // / or \, also isJoin
	isOutside       // ends a URL
)

// classes are the properties of every byte.
var classes = func() (c [256]uint8) {
	for b := range c {
		switch {
		case b >= '0' && b <= '9':
			c[b] = isDigit
		case b >= 'a' && b <= 'f', b >= 'A' && b <= 'F':
			c[b] = isLetter | isHex
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= 0x80:
			c[b] = isLetter
		default:
			c[b] = isSep
		}
	}
	for _, b := range "-_.+@#$&*~" {
		c[b] = isJoin
	}
	for _, b := range `/\` {
		c[b] = isJoin | isSlash
	}
	for _, b := range "\"'`" {
		c[b] |= isQuote | isOutside
	}
	for _, b := range " \t\r\n<>()[]{}|," {
		c[b] |= isOutside
	}
	return c
}()
