package template

import "strings"

// Template is a message with its variables taken out. It is immutable. Safe for concurrent use.
type Template struct {
	id       uint64
	literals []string // one more than kinds
	kinds    []Kind
	text     string
}

// ID identifies the template, in whatever form, for as long as its miner keeps it. It is a hash of the first form, so
// streams that begin alike have the same identifiers in every process and every run.
func (t *Template) ID() uint64 { return t.id }

// String returns the template with each variable spelled as its kind in angle brackets: "took <duration> for <word>".
// The spelling is stable: it is fit to be stored, and to be searched for.
func (t *Template) String() string { return t.text }

// Kinds returns the kinds of the variables in order. Not to be written to.
func (t *Template) Kinds() []Kind { return t.kinds }

// Literals returns the constant parts: one before each variable and one after the last, any of them empty. Not to be
// written to.
func (t *Template) Literals() []string { return t.literals }

// Append appends the message that t and vars were matched from to dst, byte for byte. Missing variables are empty, and
// superfluous ones are ignored.
func (t *Template) Append(dst []byte, vars []string) []byte {
	for i, l := range t.literals {
		dst = append(dst, l...)
		if i < len(vars) && i < len(t.kinds) {
			dst = append(dst, vars[i]...)
		}
	}
	return dst
}

// slot is the place of a token in a template.
type slot struct {
	hash   uint64 // of the word, when it is constant
	kind   Kind
	valued bool
}

// render makes the template of msg, whose tokens are toks, with variables where slots have them.
func render(msg string, toks []token, slots []slot) *Template {
	n, size := 0, 0
	for i := range slots {
		if k := slots[i].kind; k != constant {
			n++
			size += len(kindNames[k]) + 2 - int(toks[i].end-toks[i].start)
		}
	}
	t := &Template{kinds: make([]Kind, 0, n), literals: make([]string, 0, n+1)}
	var b strings.Builder
	b.Grow(len(msg) + size)
	cut := 0 // in msg
	literal := func(end int) {
		from := b.Len()
		b.WriteString(msg[cut:end])
		// A part of the text, which does not grow any more: the message itself may be a part of something large.
		t.literals = append(t.literals, b.String()[from:])
	}
	for i := range slots {
		k := slots[i].kind
		if k == constant {
			continue
		}
		literal(int(toks[i].start))
		t.kinds = append(t.kinds, k)
		b.WriteByte('<')
		b.WriteString(kindNames[k])
		b.WriteByte('>')
		cut = int(toks[i].end)
	}
	literal(len(msg))
	t.text = b.String()
	return t
}

// identify gives t, the first form of a template, its identifier: of literals and kinds, as a literal can read like a kind.
func (t *Template) identify() {
	h := uint64(offset64)
	for i, l := range t.literals {
		h = (h ^ uint64(len(l))) * prime64
		h = hash(h, l)
		if i < len(t.kinds) {
			h = (h ^ uint64(t.kinds[i])) * prime64
		}
	}
	t.id = h
}
