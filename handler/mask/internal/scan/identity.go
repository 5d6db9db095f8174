package scan

// birth looks at groups of digits as a date of birth: a date, where the text says that it is one's birth.
func (w *work) birth(gs []group) int {
	if size := gs[0].end - gs[0].start; len(gs) == 1 && size == 8 {
		if near, _ := w.context(gs[0].start); near&ofBirth != 0 && w.add(gs[0].start, gs[0].end, DOB, 0.7) {
			return gs[0].end
		}
	}
	if len(gs) < 3 || gs[1].sep != gs[2].sep && gs[2].sep != ' ' {
		return 0
	}
	a, b, c := gs[0].end-gs[0].start, gs[1].end-gs[1].start, gs[2].end-gs[2].start
	if !(a == 4 && b <= 2 && c <= 2 || a <= 2 && b <= 2 && (c == 4 || c == 2)) {
		return 0
	}
	if _, all := w.context(gs[0].start); all&ofBirth == 0 {
		return 0
	}
	if w.add(gs[0].start, gs[2].end, DOB, 0.8) {
		return gs[2].end
	}
	return 0
}

// national looks at groups of digits as a national identifier: where the text says so, and Brazil's CPF also by its
// form and check digits.
func (w *work) national(gs []group) int {
	text := w.text
	n := len(gs)
	for i := 1; i < len(gs); i++ {
		if gs[i].sep != gs[1].sep && !(gs[i].sep == '-' && gs[1].sep == '.') {
			n = i
			break
		}
	}
	start, end := gs[0].start, gs[n-1].end
	var buf [32]byte
	d := digitsOf(buf[:0], text[start:min(end, start+40)])
	if len(d) < 8 || len(d) > 15 {
		return 0
	}
	score := float32(0.7)
	if _, all := w.context(start); all&ofNational == 0 {
		if len(d) != 11 || n != 4 || gs[1].sep != '.' || gs[3].sep != '-' || !cpfValid(d) {
			return 0
		}
		score = 0.8
	}
	if endsNumber(text, end) && w.add(start, end, NationalID, score) {
		return end
	}
	return 0
}

// document looks at the word text[start:end] of upper case letters and digits as the number of a document, as a
// passport or a National Insurance number: where the words right before say so.
func (w *work) document(start, end int) int {
	if near, _ := w.context(start); near&ofNational != 0 {
		w.add(start, end, NationalID, 0.7)
	}
	return end
}

// cpfValid reports whether the two check digits of a CPF are right.
func cpfValid(d []byte) bool {
	for n := 9; n < 11; n++ {
		sum := 0
		for i := range n {
			sum += int(d[i]-'0') * (n + 1 - i)
		}
		if int(d[n]-'0') != sum*10%11%10 {
			return false
		}
	}
	return true
}
