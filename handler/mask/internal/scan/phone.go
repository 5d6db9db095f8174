package scan

// phone looks at groups of digits as a telephone number: international with a plus sign, the ten digits of North
// America in their groups, national numbers in the groups that begin with 0, and any where the text says so.
func (w *work) phone(gs []group) int {
	if !w.kinds.Has(Phone) {
		return 0
	}
	text := w.text
	start := gs[0].start
	open := start > 0 && text[start-1] == '(' && (len(gs) == 1 || gs[1].sep == ')')
	if open {
		start--
	}
	if start > 0 && text[start-1] == '+' && (start < 2 || !is(text[start-2], letter|digit|under)) {
		if n := international(text, gs); n > 0 {
			return w.phoneFound(start-1, gs, n, 0.85)
		}
	}
	if n := northAmerican(text, gs, open); n > 0 {
		if gs[n-1].sep != ' ' || gs[n-2].sep == ')' {
			return w.phoneFound(start, gs, n, 0.7)
		}
		// Three columns of digits are a phone number only where somebody says so.
		if _, all := w.context(gs[0].start); all&(ofPhone|ofCall) != 0 {
			return w.phoneFound(start, gs, n, 0.7)
		}
		return 0
	}
	if n := trunk(text, gs); n > 0 && !(n == 5 && (w.inColumn(start) || n < len(gs) && gs[n].end-gs[n].start == 2)) {
		return w.phoneFound(start, gs, n, 0.6)
	}
	if text[gs[0].start] == '0' {
		if n := dialled(text, gs); n > 0 {
			if _, all := w.context(gs[0].start); all&(ofPhone|ofCall) != 0 {
				return w.phoneFound(start, gs, n, 0.6)
			}
		}
	}
	if len(gs) == 1 && isEpoch(text[start:gs[0].end]) || w.inColumn(start) {
		return 0
	}
	if len(gs) >= 4 && gs[1].sep == '.' && gs[3].sep == '.' && gs[0].end-gs[0].start <= 3 && gs[3].end-gs[3].start <= 3 {
		return 0 // an address of IPv4
	}
	n, total := 0, 0
	for n < len(gs) && total+gs[n].end-gs[n].start <= 15 && gs[n].sep != '/' {
		total += gs[n].end - gs[n].start
		n++
	}
	if n == 0 || total < 7 || !endsNumber(text, gs[n-1].end) || n < len(gs) && gs[n].sep != ' ' {
		return 0
	}
	first := gs[0].end - gs[0].start
	if n > 1 && gs[1].sep == '.' && first == 1 {
		return 0 // a version
	}
	near, all := w.context(gs[0].start)
	switch {
	case all&(ofPhone|ofCall) == 0:
		return 0
	case n > 1 && total < 9 && gs[1].sep == ' ' && w.lastWord(gs[0].start)&ofPhone == 0:
		return 0 // columns of figures
	case near&ofPhone != 0:
		return w.phoneFound(start, gs, n, 0.7)
	case near&ofID != 0:
		return 0
	case all&ofCall != 0 && n == 1 && (total == 10 && text[gs[0].start] >= '2' || total == 11 && text[gs[0].start] == '1'):
		return w.phoneFound(start, gs, n, 0.5)
	case all&ofPhone != 0 && total >= 9, near&ofCall != 0 && total >= 10 && total <= 15 && (n == 1 || first >= 2 && n <= 5):
		return w.phoneFound(start, gs, n, 0.55)
	}
	return 0
}

func (w *work) phoneFound(start int, gs []group, n int, score float32) int {
	if end := gs[n-1].end; w.add(start, end, Phone, score) {
		return end
	}
	return 0
}

// international returns how many of the groups after a plus sign are a number of E.164: 8 to 15 digits, of which
// the country's first is not 0, and eleven in North America.
func international(text string, gs []group) int {
	if text[gs[0].start] == '0' {
		return 0
	}
	total, n := 0, 0
	for i, g := range gs {
		size := g.end - g.start
		if i > 0 && g.sep == '.' && size > 4 || total+size > 15 || total >= 11 && g.sep == ' ' && total+size > 13 {
			break
		}
		if total >= 11 && text[gs[0].start] == '1' {
			break
		}
		total += size
		if total >= 8 && endsNumber(text, g.end) {
			n = i + 1
		}
	}
	if n == 0 {
		return 0
	}
	var buf [24]byte
	d := digitsOf(buf[:0], text[gs[0].start:gs[n-1].end])
	if d[0] == '1' && (len(d) != 11 || d[1] < '2') {
		return 0
	}
	if n == 1 && len(d) < 10 && d[0] == '1' || len(d) < 8 {
		return 0
	}
	return n
}

// northAmerican returns how many of the groups are 3-3-4, with or without a leading 1: neither area nor exchange
// begins with 0 or 1.
func northAmerican(text string, gs []group, open bool) int {
	n := 0
	if gs[0].end-gs[0].start == 1 && text[gs[0].start] == '1' && len(gs) > 3 {
		n = 1
	}
	if len(gs) < n+3 {
		return 0
	}
	a, b, c := gs[n], gs[n+1], gs[n+2]
	if a.end-a.start != 3 || b.end-b.start != 3 || c.end-c.start != 4 || text[a.start] < '2' || text[b.start] < '2' {
		return 0
	}
	if b.sep == '/' || c.sep == '/' || c.sep == '(' || !endsNumber(text, c.end) || open && b.sep != ')' {
		return 0
	}
	if b.sep != c.sep && b.sep != ')' {
		return 0
	}
	if len(gs) > n+3 && gs[n+3].sep != ' ' && gs[n+3].sep != '(' {
		return 0
	}
	return n + 3
}

// trunk returns how many of the groups are a national number with its trunk prefix: a 0 and groups as they are
// written in Britain, France, Germany and Australia.
func trunk(text string, gs []group) int {
	if text[gs[0].start] != '0' || gs[0].end-gs[0].start < 2 || text[gs[0].start+1] == '0' {
		return 0
	}
	shape, sep := uint64(0), byte(0)
	for i, g := range gs {
		if i > 0 {
			if sep == 0 || sep == ')' {
				sep = g.sep
			}
			if g.sep != sep {
				break
			}
		}
		shape = shape<<4 | uint64(min(g.end-g.start, 15))
		n := 0
		switch shape {
		case 0x344, 0x434, 0x533, 0x433, 0x244:
			n = 3
		case 0x22222:
			n = 5
		case 0x56:
			n = 2
		}
		if n > 0 && n == i+1 && (n == len(gs) || gs[n].sep == ' ') && sep != '.' && sep != '/' && endsNumber(text, g.end) {
			return n
		}
	}
	return 0
}

// dialled returns how many of the groups are a number as it is dialled and written beside a word that says so alone: with the prefix 00
// for another country (0049 30 901820), after an area code and a slash (0171/2345678), or in pairs parted by dots (06.12.34.56.78).
func dialled(text string, gs []group) int {
	first := text[gs[0].start:gs[0].end]
	if first[0] != '0' || len(first) < 2 {
		return 0
	}
	total, n := len(first), 1
	abroad := first[1] == '0' && len(first) > 2 && first[2] != '0'
	for n < len(gs) && total <= 17 {
		if sep := gs[n].sep; !abroad && sep != '.' && (sep != '/' || n > 1) && !(sep == ' ' && n > 1) || abroad && sep == '/' {
			break
		}
		total += gs[n].end - gs[n].start
		n++
	}
	if total < 9 || total > 17 || n < 2 || !endsNumber(text, gs[n-1].end) {
		return 0
	}
	if !abroad && gs[1].sep == '.' && (n != 5 || total != 10) {
		return 0
	}
	return n
}

// inColumn reports whether the number at i is one of several that blanks part, of which the one before was nothing.
func (w *work) inColumn(i int) bool {
	for i > 0 && w.text[i-1] == ' ' {
		i--
	}
	found := len(w.dst) > w.base && w.dst[len(w.dst)-1].End == i
	return i > 0 && is(w.text[i-1], digit) && !found
}
