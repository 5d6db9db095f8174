package sample

import "sync/atomic"

const (
	// stripes is the number of copies of every counter, so that producers do not fight for one cache line.
	stripes = 16
	// lineWords is two cache lines (processors fetch them in pairs) in 64-bit words.
	lineWords = 16
)

// counts is a fixed set of counters, each spread over the stripes.
type counts struct {
	words  []atomic.Uint64
	stride int
}

func newCounts(n int) counts {
	stride := (n + lineWords - 1) / lineWords * lineWords
	return counts{words: make([]atomic.Uint64, stripes*stride), stride: stride}
}

// add adds n to counter i, in a stripe that the low bits of draw choose, and returns what the stripe has now.
func (c *counts) add(draw uint64, i int, n uint64) uint64 {
	return c.words[int(draw%stripes)*c.stride+i].Add(n)
}

// sum is the value of counter i.
func (c *counts) sum(i int) uint64 {
	var n uint64
	for s := range stripes {
		n += c.words[s*c.stride+i].Load()
	}
	return n
}
