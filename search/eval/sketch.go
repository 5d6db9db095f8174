package eval

import (
	"math"
	"slices"

	"github.com/sluicelog/sluice/search"
)

// A Sketch is a histogram of numbers from which percentiles are read: 256 buckets between powers of two, so that the middle of a
// bucket is within 1/512 of every number in it ([search.PercentileError]). Sketches are added without loss. The zero Sketch is empty; it is for one
// goroutine at a time.
type Sketch struct {
	low, high   half // numbers below and above zero
	zero        float64
	total       float64
	least, most float64
	few         []weighted // until there are more than fewest
	counts      bool       // in buckets
}

type weighted struct{ value, weight float64 }

const (
	fewest    = 32
	perOctave = 256
	shift     = 52 - 8 // of a float64's bits, to its bucket
)

// half is one side of zero: the buckets of each power of two from first on.
type half struct {
	first int
	pages []*[perOctave]float64
}

// Add counts v weight times. NaN and infinities are passed over.
func (s *Sketch) Add(v, weight float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) || !(weight > 0) {
		return
	}
	if s.total == 0 || v < s.least {
		s.least = v
	}
	if s.total == 0 || v > s.most {
		s.most = v
	}
	s.total += weight
	if !s.counts {
		if len(s.few) < fewest {
			s.few = append(s.few, weighted{v, weight})
			return
		}
		s.spread()
	}
	s.count(v, weight)
}

// AddOne is Add with a weight of 1, in less time where v falls where others did.
func (s *Sketch) AddOne(v float64) {
	bucket := math.Float64bits(v) >> shift
	i := int(bucket/perOctave) - s.high.first
	if !s.counts || !(v > 0) || uint(i) >= uint(len(s.high.pages)) || s.high.pages[i] == nil {
		s.Add(v, 1)
		return
	}
	s.high.pages[i][bucket%perOctave]++
	s.total++
	if v < s.least {
		s.least = v
	}
	if v > s.most {
		s.most = v
	}
}

// spread moves the first few numbers into buckets.
func (s *Sketch) spread() {
	s.counts = true
	for _, w := range s.few {
		s.count(w.value, w.weight)
	}
	s.few = nil
}

func (s *Sketch) count(v, weight float64) {
	switch {
	case v > 0:
		s.high.add(math.Float64bits(v)>>shift, weight)
	case v < 0:
		s.low.add(math.Float64bits(-v)>>shift, weight)
	default:
		s.zero += weight
	}
}

func (h *half) add(bucket uint64, weight float64) {
	octave := int(bucket / perOctave)
	i := octave - h.first
	if uint(i) >= uint(len(h.pages)) || h.pages[i] == nil {
		i = h.reach(octave)
	}
	h.pages[i][bucket%perOctave] += weight
}

// reach makes the page of the octave.
func (h *half) reach(octave int) int {
	switch {
	case len(h.pages) == 0:
		h.first = octave
		h.pages = append(h.pages, nil)
	case octave < h.first:
		h.pages = slices.Insert(h.pages, 0, make([]*[perOctave]float64, h.first-octave)...)
		h.first = octave
	}
	i := octave - h.first
	for i >= len(h.pages) {
		h.pages = append(h.pages, nil)
	}
	if h.pages[i] == nil {
		h.pages[i] = new([perOctave]float64)
	}
	return i
}

// Merge adds what o has counted.
func (s *Sketch) Merge(o *Sketch) {
	if o.total == 0 {
		return
	}
	if !o.counts {
		for _, w := range o.few {
			s.Add(w.value, w.weight)
		}
		return
	}
	if !s.counts {
		s.spread()
	}
	if s.total == 0 || o.least < s.least {
		s.least = o.least
	}
	if s.total == 0 || o.most > s.most {
		s.most = o.most
	}
	s.total += o.total
	s.zero += o.zero
	s.low.merge(&o.low)
	s.high.merge(&o.high)
}

func (h *half) merge(o *half) {
	for i, page := range o.pages {
		if page == nil {
			continue
		}
		at := o.first + i - h.first
		if uint(at) >= uint(len(h.pages)) || h.pages[at] == nil {
			at = h.reach(o.first + i)
		}
		mine := h.pages[at]
		for j, w := range page {
			mine[j] += w
		}
	}
}

// Percentiles returns the percentiles by nearest rank, none when nothing was counted.
func (s *Sketch) Percentiles(percents []float64) []search.Percentile {
	if s.total == 0 {
		return nil
	}
	if len(percents) == 0 {
		percents = []float64{50, 95, 99}
	}
	out := make([]search.Percentile, len(percents))
	for i, p := range percents {
		out[i] = search.Percentile{Percent: p, Value: s.at(p / 100 * s.total)}
	}
	return out
}

// at returns the number at a rank: the least one that, with those below, weighs as much.
func (s *Sketch) at(rank float64) float64 {
	const tiny = 1e-9 // of the sum of many weights
	rank = min(max(rank*(1-tiny), 0), s.total)
	if rank == 0 {
		return s.least
	}
	if !s.counts {
		slices.SortFunc(s.few, func(a, b weighted) int {
			switch {
			case a.value < b.value:
				return -1
			case a.value > b.value:
				return 1
			}
			return 0
		})
		sum := 0.0
		for _, w := range s.few {
			if sum += w.weight; sum >= rank {
				return w.value
			}
		}
		return s.most
	}
	sum := 0.0
	for i := len(s.low.pages) - 1; i >= 0; i-- {
		if page := s.low.pages[i]; page != nil {
			for j := perOctave - 1; j >= 0; j-- {
				if sum += page[j]; sum >= rank {
					return s.within(-middle(s.low.first+i, j))
				}
			}
		}
	}
	if sum += s.zero; sum >= rank {
		return 0
	}
	for i, page := range s.high.pages {
		if page == nil {
			continue
		}
		for j := range page {
			if sum += page[j]; sum >= rank {
				return s.within(middle(s.high.first+i, j))
			}
		}
	}
	return s.most
}

func (s *Sketch) within(v float64) float64 { return min(max(v, s.least), s.most) }

// middle returns the middle of a bucket.
func middle(octave, j int) float64 {
	bits := (uint64(octave)*perOctave + uint64(j)) << shift
	return math.Float64frombits(bits | 1<<(shift-1))
}
