package tag

import (
	"strings"
	"unicode/utf8"
)

// Kind is what a key says of the text under it.
type Kind uint8

// The kinds of keys.
const (
	NoKind     Kind = iota
	PersonKey       // user_name, author
	PlaceKey        // city, country
	OrgKey          // company, tenant
	NameKey         // name, title: of what, it does not say
	MachineKey      // trace_id, path: no names of people
)

// Key is a key made ready: its kind, and the hash of its last word.
type Key struct {
	Kind Kind
	hash uint64
}

const (
	personWords = `author owner assignee reviewer customer patient speaker narrator contact approver manager employee recipient sender signer attendee
participant guest requester requestor reporter creator editor driver doctor teacher student lawyer interviewer interviewee artist singer performer composer
cardholder beneficiary passenger applicant person people uploader submitter caller callee operator moderator subscriber member colleague technician engineer
nurse physician signatory buyer seller payer payee resident tester translator interpreter presenter instructor conductor producer surname forename fullname
firstname lastname displayname username realname nickname nachname vorname nom prenom nombre apellido cognome nome`
	placeWords = `city country town province address street location place birthplace venue county district hometown residence destination departure arrival village
municipality neighborhood neighbourhood suburb prefecture stadt ort land ville pays ciudad pais citta cidade`
	orgWords = `company organization organisation org employer vendor supplier tenant brand publisher institution university school bank hospital merchant business firm
agency studio corp sponsor manufacturer insurer carrier customer_org college department ministry label association firma unternehmen entreprise empresa azienda issuer
workspace distributor broadcaster airline retailer`
	nameWords = `name names title label full display`
	// owners are words before "name" that say whose name it is.
	ownersOfNames = `user first last full display given family middle maiden nick real legal preferred birth account_holder holder cardholder contact spouse parent
mother father child billing_contact sender_user`
	machineWords = `id ids uuid guid key hash digest checksum sha etag path file filename dir directory url uri href link endpoint route host hostname ip addr port pod node
container image cluster namespace zone version revision commit branch tag level severity logger thread class method function func caller package module
operation op stage step phase status state code codec format mime encoding algorithm model protocol scheme query sql template pattern regexp regex unit
environment env service component instance process pid ppid trace span flags sampler queue topic partition offset shard index bucket table column field
type kind category mode action event language lang locale timezone tz currency timestamp time date duration
size bytes count stack stacktrace stack_trace goroutine source fingerprint useragent token signature license`
)

var kindOfWord = func() map[string]Kind {
	t := make(map[string]Kind)
	for _, l := range []struct {
		words string
		kind  Kind
	}{{machineWords, MachineKey}, {nameWords, NameKey}, {orgWords, OrgKey}, {placeWords, PlaceKey}, {personWords, PersonKey}} {
		for w := range strings.FieldsSeq(l.words) {
			t[w] = l.kind
		}
	}
	return t
}()

var ownsNames = func() map[string]bool {
	t := make(map[string]bool)
	for w := range strings.FieldsSeq(ownersOfNames) {
		t[w] = true
	}
	return t
}()

// KeyOf judges the key of an attribute and the name of the group that it is in, empty for none. It does not allocate.
func KeyOf(group, key string) Key {
	last, before := lastWords(key)
	if last.n == 0 {
		return Key{}
	}
	k := Key{Kind: kindOfWord[string(last.bytes())], hash: HashWord(string(last.bytes()))}
	if k.Kind != NameKey {
		if k.Kind == NoKind && before.n == 0 && string(last.bytes()) == "user" {
			k.Kind = PersonKey
		}
		if string(last.bytes()) == "agent" && string(before.bytes()) == "user" {
			k.Kind = MachineKey
		}
		return k
	}
	grouped := before.n == 0
	if grouped {
		before, _ = lastWords(group)
	}
	k.hash = hashPair(HashWord(string(before.bytes())), k.hash)
	if ownsNames[string(before.bytes())] {
		k.Kind = PersonKey
		return k
	}
	switch of := kindOfWord[string(before.bytes())]; of {
	case PersonKey, PlaceKey, OrgKey:
		k.Kind = of
	case MachineKey:
		if !grouped { // host_name; the name of an event may be anybody's
			k.Kind = of
		}
	}
	return k
}

type word struct {
	b [32]byte
	n int
}

func (w *word) bytes() []byte { return w.b[:w.n] }

// lastWords returns the last word of a key in snake, camel, kebab or dotted case, and the one before it, in lower case.
func lastWords(key string) (last, before word) {
	end := len(key)
	for k := range 2 {
		for end > 0 && !wordByte(key[end-1]) {
			end--
		}
		start := end
		for start > 0 && wordByte(key[start-1]) {
			start--
			if c := key[start]; 'A' <= c && c <= 'Z' && start > 0 && 'a' <= key[start-1] && key[start-1] <= 'z' {
				break
			}
		}
		w := &last
		if k == 1 {
			w = &before
		}
		for _, c := range []byte(key[start:end]) {
			if w.n == len(w.b) {
				break
			}
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			w.b[w.n] = c
			w.n++
		}
		end = start
	}
	return last, before
}

func wordByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}

// Hash tells keys apart.
func (k Key) Hash() uint64 { return k.hash ^ uint64(k.Kind)*golden }
