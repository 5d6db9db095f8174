package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// learner is an averaged structured perceptron. All is whole numbers, so that every machine learns the same.
type learner struct {
	rows   map[uint64]int32 // feature -> place in weights
	weight [][tag.Labels]int32
	sum    [][tag.Labels]int64 // of updates, each times the step at which it was made
	trans  [tag.Labels][tag.Labels]int32
	tsum   [tag.Labels][tag.Labels]int64
	step   int64
	cost   int32
}

// minCount is how often a feature must be seen to be learned.
const minCount = 3

func train(c config, lexicon *tag.Model, texts []sentence, words map[uint64]tag.Class) ([]byte, error) {
	rng := rand.New(rand.NewPCG(c.seed, 0x1ea2))
	counts := make([]uint8, 1<<26)
	for _, s := range texts {
		e := lexicon.Learn(s.text, tag.KeyOf("", s.key), nil)
		for _, r := range e.Runs {
			for _, fs := range r.Features {
				for _, f := range fs {
					if n := &counts[f>>38]; *n < minCount {
						*n++
					}
				}
			}
		}
	}
	l := &learner{rows: make(map[uint64]int32), cost: c.cost, step: 1}
	l.passes(c, lexicon, texts, rng, max(2, c.epochs/2), func(f uint64) bool { return counts[f>>38] >= minCount })
	// Keep what weighs most, and learn again with that alone.
	best := l.best(1 << c.rowBits * 85 / 100)
	fmt.Fprintf(os.Stderr, "%d features, %d kept\n", len(l.rows), len(best))
	keep := make(map[uint64]bool, len(best))
	for _, f := range best {
		keep[f] = true
	}
	l = &learner{rows: make(map[uint64]int32), cost: c.cost, step: 1}
	l.passes(c, lexicon, texts, rng, c.epochs, func(f uint64) bool { return keep[f] })
	return l.file(c, words)
}

// dropFeature and hideNames are how many in 100 features, and names in the lexicon, training does not see.
const (
	dropFeature = 12
	hideNames   = 15
)

func (l *learner) passes(c config, lexicon *tag.Model, texts []sentence, rng *rand.Rand, epochs int, known func(uint64) bool) {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	for epoch := range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		wrong, all := 0, 0
		for _, i := range order {
			s := &texts[i]
			hideAll := rng.IntN(100) < 5
			e := lexicon.Learn(s.text, tag.KeyOf("", s.key), func(t *tag.Token) {
				if t.Class&tag.NamesOnly != 0 && (hideAll || rng.IntN(100) < hideNames) {
					t.Class &^= tag.NamesOnly
				}
			})
			for k := range e.Runs {
				all++
				if l.learn(&e.Runs[k], s.spans, rng, known) {
					wrong++
				}
			}
		}
		fmt.Fprintf(os.Stderr, "epoch %d: %d of %d runs wrong\n", epoch+1, wrong, all)
	}
}

// goldLabels returns the labels of a run's tokens.
func goldLabels(r *tag.ExampleRun, spans []tag.Span) []uint8 {
	out := make([]uint8, len(r.Tokens))
	last := -1
	for i := range r.Tokens {
		t := &r.Tokens[i]
		at := -1
		for k := range spans {
			if spans[k].Start < t.End && t.Start < spans[k].End {
				at = k
			}
		}
		switch {
		case at < 0:
		case at == last:
			out[i] = uint8(spans[at].Label) + 1
		default:
			out[i] = uint8(spans[at].Label)
		}
		last = at
	}
	return out
}

func (l *learner) learn(r *tag.ExampleRun, spans []tag.Span, rng *rand.Rand, known func(uint64) bool) bool {
	gold := goldLabels(r, spans)
	var sc tag.Scores
	n := len(gold)
	var feats [][]int32
	for i, fs := range r.Features {
		var rows []int32
		for _, f := range fs {
			if rng.IntN(100) < dropFeature || !known(f) {
				continue
			}
			at, ok := l.rows[f]
			if !ok {
				at = int32(len(l.weight))
				l.rows[f] = at
				l.weight = append(l.weight, [tag.Labels]int32{})
				l.sum = append(l.sum, [tag.Labels]int64{})
			}
			rows = append(rows, at)
			for k, w := range l.weight[at] {
				sc[i][k] += w
			}
		}
		feats = append(feats, rows)
		// A name must win by a margin over what it is not.
		for k := range sc[i] {
			if uint8(k) != gold[i] {
				sc[i][k] += l.cost
			}
		}
	}
	path := tag.Decode(n, &sc, &l.trans)
	l.step++
	same := true
	for i := range n {
		same = same && path[i] == gold[i]
	}
	if same {
		return false
	}
	prevGold, prevPath := uint8(tag.O), uint8(tag.O)
	for i := 0; i <= n; i++ {
		g, p := uint8(tag.O), uint8(tag.O)
		if i < n {
			g, p = gold[i], path[i]
			if g != p {
				for _, at := range feats[i] {
					l.weight[at][g]++
					l.sum[at][g] += l.step
					l.weight[at][p]--
					l.sum[at][p] -= l.step
				}
			}
		}
		if g != p || prevGold != prevPath {
			l.trans[prevGold][g]++
			l.tsum[prevGold][g] += l.step
			l.trans[prevPath][p]--
			l.tsum[prevPath][p] -= l.step
		}
		prevGold, prevPath = g, p
	}
	return true
}

// average is the mean of a weight over all steps, times 1,000.
func (l *learner) average(w int32, sum int64) int64 {
	return (int64(w)*(l.step+1) - sum) * 1000 / (l.step + 1)
}

type weighed struct {
	feature uint64
	size    int64
}

func (l *learner) ranked() []weighed {
	out := make([]weighed, 0, len(l.rows))
	for f, at := range l.rows {
		var size int64
		for k := range tag.Labels {
			v := l.average(l.weight[at][k], l.sum[at][k])
			size = max(size, v, -v)
		}
		out = append(out, weighed{f, size})
	}
	slices.SortFunc(out, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.feature, b.feature))
	})
	return out
}

func (l *learner) best(n int) []uint64 {
	r := l.ranked()
	r = r[:min(n, len(r))]
	out := make([]uint64, len(r))
	for i := range r {
		out[i] = r[i].feature
	}
	return out
}

// file writes the model: the weights in steps of which 127 are the largest but one in a thousand.
func (l *learner) file(c config, words map[uint64]tag.Class) ([]byte, error) {
	r := l.ranked()
	unit := max(1, r[len(r)/1000].size)
	scale := func(v int64) int64 {
		v *= 127
		if v < 0 {
			return -((-v + unit/2) / unit)
		}
		return (v + unit/2) / unit
	}
	rows := make([]tag.Row, 0, len(r))
	for _, w := range r {
		at := l.rows[w.feature]
		row := tag.Row{Feature: w.feature}
		some := false
		for k := range tag.Labels {
			row.Weights[k] = int8(max(-127, min(127, scale(l.average(l.weight[at][k], l.sum[at][k])))))
			some = some || row.Weights[k] != 0
		}
		if some {
			rows = append(rows, row)
		}
	}
	var trans [tag.Labels][tag.Labels]int32
	for a := range trans {
		for b := range trans[a] {
			trans[a][b] = int32(scale(l.average(l.trans[a][b], l.tsum[a][b])))
		}
	}
	file, left, err := tag.Build(c.rowBits, rows, trans, c.bias, c.lexBits, words)
	fmt.Fprintf(os.Stderr, "%d rows, %d of them without room; one is %d thousandths; %d bytes\n", len(rows), left, unit/127, len(file))
	return file, err
}
