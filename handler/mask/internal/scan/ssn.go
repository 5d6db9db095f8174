package scan

// ssn looks at groups of digits as a United States social security number or ITIN: 3-2-4 with dashes, other forms
// where the text says so. Areas 000 and 666, group 00 and serial 0000 were never issued.
func (w *work) ssn(gs []group) int {
	if !w.kinds.Has(SSN) {
		return 0
	}
	text := w.text
	a := gs[0]
	n := 0
	switch {
	case a.end-a.start == 9:
		n = 1
	case a.end-a.start == 3 && len(gs) >= 3 && gs[1].end-gs[1].start == 2 && gs[2].end-gs[2].start == 4 && gs[1].sep == gs[2].sep &&
		(gs[1].sep == '-' || gs[1].sep == ' ' || gs[1].sep == '.'):
		n = 3
	}
	if n == 0 || len(gs) > n && gs[n].sep != ' ' {
		return 0
	}
	end := gs[n-1].end
	var buf [9]byte
	d := digitsOf(buf[:0], text[a.start:end])
	if string(d[:3]) == "000" || string(d[:3]) == "666" || string(d[3:5]) == "00" || string(d[5:]) == "0000" {
		return 0
	}
	score := float32(0.85)
	if _, all := w.context(a.start); all&ofSSN == 0 {
		if n == 1 || gs[1].sep != '-' || d[0] == '9' && !itinGroup(d[3:5]) {
			return 0
		}
		score = 0.6
	}
	if w.add(a.start, end, SSN, score) {
		return end
	}
	return 0
}

// itinGroup reports whether the middle digits are of those that ITINs have: 50-65, 70-88, 90-92, 94-99.
func itinGroup(d []byte) bool {
	g := int(d[0]-'0')*10 + int(d[1]-'0')
	return g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g != 93
}
