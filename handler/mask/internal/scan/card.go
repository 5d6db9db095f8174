package scan

// card looks at groups of digits as the number of a payment card: the groups that the brand prints, an issuer's
// range, the length that goes with it, and the check digit (Luhn, ISO/IEC 7812).
func (w *work) card(gs []group) int {
	if !w.kinds.Has(CreditCard) {
		return 0
	}
	text := w.text
	for n := cardGroups(gs); n > 0; n = shorterCard(gs, n) {
		start, end := gs[0].start, gs[n-1].end
		if !endsNumber(text, end) {
			continue
		}
		var buf [24]byte
		d := digitsOf(buf[:0], text[start:min(end, start+48)])
		known, valid := issuer(d), luhn(d)
		if !known && !valid {
			continue
		}
		near, _ := w.context(start)
		spoken := near&ofCard != 0
		switch {
		case !valid:
			// A mistyped digit is no less a card's number where the text says that it is one.
			if spoken && w.add(start, end, CreditCard, 0.5) {
				return end
			}
		case known && (spoken || len(d) >= 14 && len(d) <= 16 && !isEpoch(string(d)) || len(d) > 16 && n > 1),
			spoken && len(d) >= 12:
			if w.add(start, end, CreditCard, 0.9) {
				return end
			}
		}
	}
	return 0
}

// cardGroups returns how many of the groups can be a card's.
func cardGroups(gs []group) int {
	size := func(i int) int {
		if i >= len(gs) || i > 1 && gs[i].sep != gs[1].sep {
			return 0
		}
		return gs[i].end - gs[i].start
	}
	if len(gs) > 1 && gs[1].sep != ' ' && gs[1].sep != '-' && gs[1].sep != '.' {
		return single(size(0))
	}
	if size(0) == 4 {
		switch a, b := size(1), size(2); {
		case a == 4 && b == 4 && size(3) > 0 && size(3) <= 4:
			if size(3) == 4 && size(4) > 0 && size(4) <= 3 {
				return 5
			}
			return 4
		case a == 6 && (b == 5 || b == 4):
			return 3
		}
	}
	return single(size(0))
}

func single(size int) int {
	if size >= 12 && size <= 19 {
		return 1
	}
	return 0
}

// shorterCard returns the next shorter count to try: a card of four groups with three digits after it.
func shorterCard(gs []group, n int) int {
	if n == 5 {
		return 4
	}
	return 0
}

// issuer reports whether the digits begin with a range of an issuer and have the length that it uses.
func issuer(d []byte) bool {
	if len(d) < 12 || len(d) > 19 {
		return false
	}
	n := len(d)
	six := 0
	for _, c := range d[:6] {
		six = six*10 + int(c-'0')
	}
	two, three, four := six/10000, six/1000, six/100
	switch {
	case six/100000 == 4: // Visa
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case two == 34 || two == 37: // American Express
		return n == 15
	case three >= 300 && three <= 305 || three == 309 || two == 36 || two == 38 || two == 39: // Diners Club
		return n == 14 || n == 16
	case four >= 3528 && four <= 3589: // JCB
		return n >= 16
	case four == 6011 || three >= 644 && three <= 649 || two == 65 || two == 62 || two == 81: // Discover, UnionPay
		return n >= 16
	case four >= 2200 && four <= 2204: // Mir
		return n >= 16
	case two == 60 || two == 82 || four == 6521: // RuPay
		return n == 16
	case two == 50 || two >= 56 && two <= 58 || two == 63 || two == 67: // Maestro
		return n >= 12
	case four == 9792: // Troy
		return n == 16
	}
	return false
}

// luhn reports whether the check digit, the last one, is right.
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i&1 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// isEpoch reports whether the digits read as a time of 2001 to 2033: in seconds, milliseconds, microseconds or
// nanoseconds since 1970, or as yyyymmddhhmmss.
func isEpoch(d string) bool {
	switch len(d) {
	case 10, 13, 16, 19:
		return d[0] == '1' // from 2033 on they begin with a 2, as area codes do
	case 14:
		return d[0] == '2' && d[1] == '0' && d[4] <= '1' && d[6] <= '3'
	}
	return false
}
