package scan

// birth looks at groups of digits as a date of birth: a date, where the text says that it is one's birth.
func (w *work) birth(gs []group) int {
	text := w.text
	a := gs[0]
	size := a.end - a.start
	near, all := context(0), context(0)
	if size == 8 || len(gs) >= 3 || size <= 4 {
		near, all = w.context(a.start)
	}
	if all&ofBirth == 0 {
		return 0
	}
	if size == 8 && len(gs) == 1 && near&ofBirth != 0 && w.add(a.start, a.end, DOB, 0.7) {
		return a.end
	}
	if start, end := spelledDate(text, gs); end > 0 && w.add(start, end, DOB, 0.8) {
		return end
	}
	if len(gs) < 3 || gs[1].sep != gs[2].sep && gs[2].sep != ' ' {
		return 0
	}
	b, c := gs[1].end-gs[1].start, gs[2].end-gs[2].start
	if !(size == 4 && b <= 2 && c <= 2 || size <= 2 && b <= 2 && (c == 4 || c == 2)) {
		return 0
	}
	if w.add(a.start, gs[2].end, DOB, 0.8) {
		return gs[2].end
	}
	return 0
}

// spelledDate returns where a date with the name of its month stands, of which the groups begin with the day (3 March 1985)
// or, after the month, with day and year (March 3, 1985).
func spelledDate(text string, gs []group) (start, end int) {
	day := gs[0]
	if day.end-day.start > 2 {
		return 0, 0
	}
	i := day.end
	for n := 0; n < 2 && i < len(text) && is(text[i], lower); n++ {
		i++ // 3rd
	}
	for i < len(text) && i-day.end < 5 && (text[i] == ' ' || text[i] == '.' || text[i] == ',' || text[i] == '-') {
		i++
	}
	word := span(text, i, letter)
	if isMonth(text[i:word]) {
		for i = word; i < len(text) && i-word < 3 && (text[i] == ' ' || text[i] == '.' || text[i] == ',' || text[i] == '-'); i++ {
		}
		if year := span(text, i, digit); year-i == 4 || year-i == 2 {
			return day.start, year
		}
		return 0, 0
	}
	if year := span(text, i, digit); year-i == 4 {
		j := day.start
		for j > 0 && day.start-j < 2 && (text[j-1] == ' ' || text[j-1] == '.') {
			j--
		}
		if from := spanBack(text, j, 12, letter); isMonth(text[from:j]) {
			return from, year
		}
	}
	return 0, 0
}

// isMonth reports whether s is a month's name in English, or its first three letters.
func isMonth(s string) bool {
	const names = "january february march april may june july august september october november december "
	if len(s) < 3 || len(s) > 9 {
		return false
	}
	for i := 0; i < len(names); {
		n := span(names, i, lower) - i
		if len(s) == n && equalFold(s, names[i:i+n]) || len(s) == 3 && equalFold(s, names[i:i+3]) {
			return true
		}
		i += n + 1
	}
	return false
}

// identity is how a country writes its identifiers of persons.
type identity struct {
	kind Kind
	// forms, parted by blanks: the sizes of groups of digits and what stands between them, _ for a blank (3.3.3-2), or a word
	// with 9 for each digit and A for each letter.
	forms string
	// check says whether the digits and capitals of an identifier are right; nil when nothing tells.
	check func(id []byte) bool
	// alone says that the form and the check tell an identifier from other numbers, so that no word needs to.
	alone bool
	words string // that speak of it, in lower case
}

var identities = [...]identity{
	{UKNino, "AA999999A AA99999999", ninoValid, false, "nino insurance ni"},
	{UKNHS, "10 3_3_4 3-3-4", nhsValid, false, "nhs"},
	{INAadhaar, "12 4_4_4 4-4-4", verhoeffValid, false, "aadhaar aadhar uidai"},
	{INPan, "AAAAA9999A", panValid, false, "pan"},
	{BRCPF, "11 3.3.3-2", cpfValid, false, "cpf"},
	{BRCNPJ, "14 2.3.3/4-2", cnpjValid, false, "cnpj"},
	{PLPesel, "11", peselValid, false, "pesel"},
	{NLBSN, "9 4.2.3 3.3.3 4_2_3", bsnValid, false, "bsn burgerservicenummer sofinummer"},
	{ESDNI, "99999999A A9999999A 99999999-A A-9999999-A 8", dniValid, false, "dni nif nie"},
	{ITFiscal, "AAAAAA99A99A999A", fiscalValid, true, "codice fiscale codicefiscale"},
	{FRNir, "15 13_2 1_2_2_2_3_3_2 1_2_2_2_3_3-2", nirValid, false, "nir insee sociale"},
	{DESteuerID, "11 2_3_3_3 2-3-3-3", steuerValid, false, "steuer steuerid idnr steuernummer identifikationsnummer steueridentifikationsnummer"},
	{SEPersonnummer, "6-4 8-4 10 12", personnummerValid, false, "personnummer samordningsnummer"},
	{NOFodselsnummer, "11 6_5", fodselsnummerValid, false, "dselsnummer fodselsnummer fnr personnummer"},
	{DKCPR, "6-4 10", ddmmyyValid, false, "cpr cprnummer personnummer"},
	{FIHetu, "999999-999A 999999-9999 999999A999A 999999A9999 6-4", hetuValid, false, "hetu henkil henkilotunnus"},
	{BENational, "11 2.2.2-3.2", belgianValid, false, "rijksregisternummer rijksregister insz niss"},
	{CHAHV, "13 3.4.4.2", ahvValid, false, "ahv avs ahvn sozialversicherungsnummer"},
	{CASIN, "9 3_3_3 3-3-3", luhn, false, "sin insurance"},
	{AUTFN, "9 8 3_3_3 2_3_3", tfnValid, false, "tfn"},
	{AUMedicare, "10 11 4_5_1 4-5-1", medicareValid, false, "medicare"},
	{SGNric, "A9999999A", nricValid, false, "nric fin"},
	{KRRrn, "6-7 13", yymmddValid, false, "rrn jumin"},
	{CNResidentID, "18 99999999999999999A", residentValid, true, "shenfenzheng shenfen"},
	{TRTckn, "11", tcknValid, false, "tckn kimlik"},
	{MXCurp, "AAAA999999AAAAAA99 AAAA999999AAAAAAA9", curpValid, true, "curp"},
	{ZAID, "13 6_4_2_1", southAfricanValid, false, "african"},
	{ROCnp, "13", cnpValid, false, "cnp"},
	{CLRut, "2.3.3-1 1.3.3-1 8-1 7-1 99999999-A", rutValid, false, "rut"},
	{JPMyNumber, "12 4_4_4 4-4-4", myNumberValid, false, "mynumber kojin"},
	{PTNif, "9 3_3_3", nifValid, false, "nif contribuinte"},
	{IEPps, "9999999A 9999999AA", ppsValid, false, "pps ppsn"},
	{THID, "13 1-4-5-2-1 1_4_5_2_1", thaiValid, false, "thai"},
	{NGNin, "11", nil, false, "nin"},
}

// punctuated are forms that with a right check digit are written for nothing else.
var punctuated = map[string]bool{
	"3.3.3-2": true, "2.3.3/4-2": true, "2.2.2-3.2": true, "3.4.4.2": true, "1_2_2_2_3_3_2": true, "1-4-5-2-1": true, "2.3.3-1": true,
	"999999-999A": true, "999999A999A": true,
}

// identityForms are the identities of a form.
var identityForms = func() map[string][]*identity {
	m := make(map[string][]*identity)
	for i := range identities {
		id := &identities[i]
		for form := range fields(id.forms) {
			m[form] = append(m[form], id)
		}
	}
	return m
}()

// fields yields the parts of s between blanks.
func fields(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; i < len(s); {
			j := i
			for j < len(s) && s[j] != ' ' {
				j++
			}
			if j > i && !yield(s[i:j]) {
				return
			}
			i = j + 1
		}
	}
}

// national looks at groups of digits as a national identifier: the form and the check digits of a country where the text speaks of
// it, or that nothing else has, and any number where it speaks of identifiers of persons.
func (w *work) national(gs []group) int {
	text := w.text
	start := gs[0].start
	near, all := w.context(start)
	var shape [24]byte
	n := 0
	best, stop, score := Kind(0), 0, float32(0)
	for i, g := range gs {
		if i > 0 {
			sep := g.sep
			if sep == ' ' {
				sep = '_'
			}
			shape[n], n = sep, n+1
		}
		size := min(g.end-g.start, 99)
		if size >= 10 {
			shape[n], n = byte('0'+size/10), n+1
		}
		shape[n], n = byte('0'+size%10), n+1
		if !endsNumber(text, g.end) {
			continue
		}
		if k, s := w.identify(string(shape[:n]), text[start:g.end], near, all); s > 0 && s >= score {
			best, stop, score = k, g.end, s
		}
		if n > len(shape)-4 {
			break
		}
	}
	if best != 0 && w.add(start, stop, best, score) {
		return stop
	}
	if all&ofNational == 0 {
		return 0
	}
	k := len(gs)
	for i := 1; i < len(gs); i++ {
		if gs[i].sep != gs[1].sep && !(gs[i].sep == '-' && gs[1].sep == '.') {
			k = i
			break
		}
	}
	end := gs[k-1].end
	var buf [32]byte
	d := digitsOf(buf[:0], text[start:min(end, start+40)])
	if len(d) >= 7 && len(d) <= 15 && endsNumber(text, end) && w.add(start, end, NationalID, 0.7) {
		return end
	}
	return 0
}

// identify returns the kind of the identifier s of the form, and how sure that is; 0 for none.
func (w *work) identify(form, s string, near, all context) (best Kind, score float32) {
	for _, id := range identityForms[form] {
		if !w.kinds.Has(id.kind) {
			continue
		}
		var buf [24]byte
		d := idBytes(buf[:0], s)
		valid := id.check == nil || id.check(d)
		speaks := speaksOf(id.kind)
		at := float32(0)
		switch {
		case valid && near&speaks != 0:
			at = 0.95
		case valid && all&speaks != 0:
			at = 0.85
		case near&speaks != 0:
			at = 0.7 // mistyped
		case valid && (id.alone || punctuated[form]) && id.check != nil:
			at = 0.8
		}
		if at > score {
			best, score = id.kind, at
		}
	}
	return best, score
}

// idBytes appends the digits and letters of s to dst, letters in upper case.
func idBytes(dst []byte, s string) []byte {
	for i := 0; i < len(s) && len(dst) < 20; i++ {
		switch c := s[i]; {
		case is(c, digit|upper):
			dst = append(dst, c)
		case is(c, lower):
			dst = append(dst, c&^0x20)
		}
	}
	return dst
}

// spacedNino knows the number of Britain's national insurance written in pairs: QQ 12 34 56 C.
func (w *work) spacedNino(gs []group) int {
	text := w.text
	start := gs[0].start - 3
	if !w.kinds.Has(UKNino) || len(gs) < 3 || start < 0 || text[start+2] != ' ' || !is(text[start], letter) || !is(text[start+1], letter) ||
		start > 0 && is(text[start-1], word) {
		return 0
	}
	for i := range 3 {
		if gs[i].end-gs[i].start != 2 || i > 0 && gs[i].sep != ' ' {
			return 0
		}
	}
	end := gs[2].end + 2
	if end > len(text) || text[end-2] != ' ' || !is(text[end-1], letter) || end < len(text) && is(text[end], word) {
		return 0
	}
	if near, _ := w.context(start); near&speaksOf(UKNino) == 0 {
		return 0
	}
	if w.add(start, end, UKNino, 0.85) {
		return end
	}
	return 0
}

// document looks at the word text[start:end] of letters and digits as the number of a document: a country's form, or any
// where the words right before say that it is one.
func (w *work) document(start, end int, all uint16) int {
	if end-start > 20 || start > 0 && isJoint(w.text[start-1]) {
		return 0
	}
	s := w.text[start:end]
	var shape [20]byte
	for i := 0; i < len(s); i++ {
		switch {
		case is(s[i], digit):
			shape[i] = '9'
		case is(s[i], letter):
			shape[i] = 'A'
		default:
			shape[i] = s[i]
		}
	}
	if identityForms[string(shape[:len(s)])] == nil && (end-start < 7 || all&(lower|under) != 0) {
		return 0
	}
	near, far := w.context(start)
	if k, score := w.identify(string(shape[:len(s)]), s, near, far); score > 0 && (all&lower == 0 || near&speaksOf(k) != 0) && w.add(start, end, k, score) {
		return end
	}
	if end-start >= 7 && all&(lower|under) == 0 && near&(ofNational|ofDocument) != 0 && (all&dash == 0 || near&ofNational != 0) && w.add(start, end, NationalID, 0.7) {
		return end
	}
	return 0
}
