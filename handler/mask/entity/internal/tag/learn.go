package tag

// Example is what training takes from a text: its runs of candidates, with the features of their words.
type Example struct {
	Runs []ExampleRun
}

// ExampleRun is a row of candidates.
type ExampleRun struct {
	Tokens   []Token
	Features [][]uint64
}

// Learn returns the example of a text. Hide, when it is not nil, may change what the lexicon says of a word.
func (m *Model) Learn(s string, key Key, hide func(t *Token)) Example {
	x := text{toks: m.tokenize(nil, s), key: key}
	var e Example
	if !candidates(x.toks, key) {
		return e
	}
	if hide != nil {
		for i := range x.toks {
			hide(&x.toks[i])
		}
	}
	x.measure()
	for r, ok := nextRun(x.toks, 0); ok; r, ok = nextRun(x.toks, r.end) {
		x.findWholes(m, r)
		er := ExampleRun{Tokens: x.toks[r.start:r.end]}
		for i := r.start; i < r.end; i++ {
			er.Features = append(er.Features, x.appendFeatures(make([]uint64, 0, maxFeatures), s, r, i))
		}
		e.Runs = append(e.Runs, er)
	}
	return e
}

// Words appends the hashes of the words of a name, as the lexicon wants them.
func (m *Model) Words(dst []uint64, s string) []uint64 {
	for _, t := range m.tokenize(nil, s) {
		dst = append(dst, t.Hash)
	}
	return dst
}

// Scores are what each label of each word of a run gets.
type Scores = [maxRun][Labels]int32

// Decode returns the best labels of the first n words.
func Decode(n int, sc *Scores, trans *[Labels][Labels]int32) [maxRun]uint8 {
	s := scores(*sc)
	return decode(n, &s, trans)
}

// NamesOnly is the classes that say that a word is a name.
const NamesOnly = names
