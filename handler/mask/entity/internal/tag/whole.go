package tag

// maxWhole is how many words a name has that the lexicon knows as a whole.
const maxWhole = 4

// wholes returns the classes of the names of several words that cover token i of r.
func (x *text) wholes(r run, i int) Class {
	return x.whole[i-r.start]
}

// findWholes looks the names of several words up.
func (x *text) findWholes(m *Model, r run) {
	clear(x.whole[:])
	for a := r.start; a+1 < r.end; a++ {
		h := x.toks[a].Hash
		for b := a + 1; b < r.end && b < a+maxWhole; b++ {
			h = hashPair(h, x.toks[b].Hash)
			if c := m.lookup(h); c != 0 {
				for k := a; k <= b; k++ {
					x.whole[k-r.start] |= c
				}
			}
		}
	}
}

// HashName returns the hash under which the lexicon has a name of several words, which are hashes of HashWord.
func HashName(words []uint64) uint64 {
	h := words[0]
	for _, w := range words[1:] {
		h = hashPair(h, w)
	}
	return h
}
