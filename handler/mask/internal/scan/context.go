package scan

import "strings"

// context says what the words before a place speak of.
type context uint64

const (
	ofPhone    context = 1 << iota // a telephone number follows, whatever its form
	ofCall                         // one may follow, if it has the form
	ofCard                         // a payment card
	ofSSN                          // a social security number
	ofIBAN                         // a bank account
	ofBirth                        // a date of birth
	ofNational                     // a national identifier
	ofDocument                     // the number of a document, if it follows at once
	ofVersion                      // a version or a mask of bits
	ofSecret                       // a credential
	ofKey                          // a key, which may be one
	ofAWS                          // one of AWS
	ofID                           // an identifier or hash
	ofOneTime                      // a code that lets in once
	ofPerson                       // first of those for the identifiers of countries
)

// speaksOf returns the context of a kind of national identifiers.
func speaksOf(k Kind) context { return ofPerson << (k - firstNational) }

const (
	contextBytes = 48
	contextWords = 5
	nearWords    = 2
)

// hint is what the words of a key speak of, the last ones and all.
type hint struct{ near, all context }

// hintOf reads the words of a key.
func hintOf(key string) hint {
	near, all, _ := wordsBefore(key, len(key), nil)
	return hint{near, all}
}

// context returns what the words before i speak of: near ones, and all within contextBytes. The words of the
// attribute's key stand before the text.
func (w *work) context(i int) (near, all context) {
	n := 0
	found := w.dst[w.base:]
	for len(found) > 0 && found[len(found)-1].Start >= i {
		found = found[:len(found)-1]
	}
	near, all, n = wordsBefore(w.text, i, found)
	if i >= 4 && beyondASCII(w.text, i) {
		c := contextAbroad(w.text[max(0, i-contextBytes):i])
		near, all = near|c, all|c
	}
	if n < contextWords && i < contextBytes {
		all |= w.hint.all
		if n < nearWords {
			near |= w.hint.near
		}
	}
	return near, all
}

// lastWord returns what the word before i, nearer than any other, speaks of.
func (w *work) lastWord(i int) context {
	low := max(0, i-contextBytes)
	end := i
	for end > low && !is(w.text[end-1], letter) {
		end--
	}
	start := spanBack(w.text, end, end-low, letter)
	if start == end {
		return w.hint.near
	}
	letters := uint64(0)
	for j := min(end-start, 8) - 1; j >= 0; j-- {
		letters = letters<<8 | uint64(w.text[start+j]|0x20)
	}
	return meaning(letters, end-start)
}

// wordsBefore reads the words before i backwards, and returns how many it read beside what they speak of. A word is known by its first eight letters and its length. What has
// been found and marks of earlier masking are stepped over: they say the same, nothing.
func wordsBefore(text string, i int, found []Match) (near, all context, n int) {
	low := max(0, i-contextBytes)
	for n < contextWords {
		for i > low && !is(text[i-1], letter) {
			i--
			if text[i] == ']' {
				if start := markStart(text, i); start < i {
					low = max(0, low-(i-start))
					i = start
				}
			}
		}
		if k := len(found) - 1; k >= 0 && i <= found[k].End {
			low = max(0, low-(found[k].End-found[k].Start))
			i = min(i, found[k].Start)
			found = found[:k]
			continue
		}
		if i <= low {
			break
		}
		end, letters := i, uint64(0)
		for i > low {
			k := class[text[i-1]]
			if k&letter == 0 {
				break
			}
			i--
			letters = letters<<8 | uint64(text[i]|0x20)
			// phoneNumber is two words.
			if k&upper != 0 && i > low && is(text[i-1], lower) {
				break
			}
		}
		c := meaning(letters, end-i)
		all |= c
		if n < nearWords {
			near |= c
		}
		n++
	}
	return near, all, n
}

// markStart returns where the mark begins whose last byte stands at i, and i for none.
func markStart(text string, i int) int {
	start := i
	for start > 0 && i-start < 64 && (is(text[start-1], upper|digit|under) || text[start-1] == ':') {
		start--
	}
	if start > 0 && markEnd(text, start-1) == i+1 {
		return start - 1
	}
	return i
}

// meanings are the words, in lower case, that speak of something.
var meanings = [...]struct {
	of    context
	words string
}{
	{ofPhone, "phone phones rufnummer telefoonnummer telefoon telefone celular handy portable phonenumber phoneno telephone tel mobile cell cellphone msisdn whatsapp fax telefon handynummer telefono mob mobil movil cellulare festnetz telefonnummer landline"},
	{ofCall, "ph anruf anrufer appel llamada ligar chiamata ringer call calls caller callee called calling sms text texted dial dialing dialed dialled contact callback voicemail reach ring hotline recipient twilio signal"},
	{ofCard, "card cards cardnumber creditcard credit debit visa mastercard amex pan cc ccn maestro payment charge charged discover diners jcb"},
	{ofSSN, "ssn ssns social itin socialsecurity tin"},
	{ofIBAN, "iban bban ibans"},
	{ofBirth, "birth dob born birthday birthdate dateofbirth bday geburtsdatum birthdays geboren naissance nacimiento nascita geboortedatum"},
	{ofNational, "national nationalid passport passports nationality jmbg egn oib amka citizen personalausweis reisepass rodn rodne isikukood asmens kodas cuit cuil teudat zehut emso mbi beneficiary matricule personenkennzeichen"},
	{ofDocument, "identity license licence permit cedula ausweis documento"},
	{ofOneTime, "pin tan otp totp mfa fa verification verify passcode onetime authenticator authentication reset login signin sms security recovery activation confirmation pairing unlock"},
	{ofVersion, "version ver versions agent upgraded upgrade upgrading driver firmware release build mask netmask oid chrome snmp package installed assembly sdk plugin v library section chapter clause paragraph appendix"},
	{ofSecret, "pat oauth secret secrets token tokens apikey api password passwd pwd credential credentials creds bearer auth authorization leaked passphrase accesskey secretkey authtoken basic reset verify invite magic recover activate"},
	{ofKey, "key keys access"},
	{ofAWS, "aws amazon iam"},
	{ofID, "commit sha digest checksum hash etag trace span uuid md revision blob fingerprint traceparent request req correlation integrity ulid ssh rsa ed etags tracking crc cache cursor nonce checkpoint continuation pagination scroll marker watermark sri csp"},
}

// meaningTable is the words of meanings, hashed; a slot is taken by the next free one after its own.
var meaningTable = func() (t [1024]struct {
	word uint64
	of   context
}) {
	put := func(of context, words string) {
		for word := range strings.FieldsSeq(words) {
			letters := uint64(0)
			for i := min(len(word), 8) - 1; i >= 0; i-- {
				letters = letters<<8 | uint64(word[i])
			}
			key := meaningKey(letters, len(word))
			at := meaningSlot(key)
			for t[at].word != 0 && t[at].word != key {
				at = (at + 1) % len(t)
			}
			t[at].word = key
			t[at].of |= of
		}
	}
	for _, m := range meanings {
		put(m.of, m.words)
	}
	for i := range identities {
		put(speaksOf(identities[i].kind), identities[i].words)
	}
	return t
}()

func meaningKey(letters uint64, n int) uint64 {
	if n > 8 {
		letters += uint64(n) << 58
	}
	return letters
}

func meaningSlot(key uint64) int { return int(key * 0x9e3779b97f4a7c15 >> 54) }

// meaning returns what a word speaks of, given its first eight letters, the first in the lowest byte, and its length.
func meaning(letters uint64, n int) context {
	key := meaningKey(letters, n)
	for at := meaningSlot(key); ; at = (at + 1) % len(meaningTable) {
		switch e := &meaningTable[at]; e.word {
		case key:
			return e.of
		case 0:
			return 0
		}
	}
}
