package segment

// How a list of integers is written.
const (
	intsConst  = iota // value
	intsPlain         // base, width; planes of value-base
	intsZigzag        // width; planes of the zigzag code
	intsDelta         // first, then the differences as intsPlain or intsZigzag
)

const trialLen = 4096 // values that a choice of encoding is tried on

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// sampleOf returns runs of vs that together have about trialLen values.
func sampleOf[T any](vs []T) []T {
	if len(vs) <= trialLen {
		return vs
	}
	half := trialLen / 2
	a, b := len(vs)/4, len(vs)*3/4-half
	return append(append(make([]T, 0, trialLen), vs[a:a+half]...), vs[b:b+half]...)
}

func deltas(vs []int64) []int64 {
	d := make([]int64, len(vs)-1)
	for i := range d {
		d[i] = vs[i+1] - vs[i]
	}
	return d
}

// intsPlan is how one list of integers is to be written.
type intsPlan struct {
	codec byte // intsPlain or intsZigzag
	base  int64
	width width
}

// offsets returns the plain and the zigzag way for vs. Plain keeps base 0 where a base would not save a plane: columns that
// repeat each other's values then repeat each other's bytes.
func intsPlans(vs []int64) []intsPlan {
	least, most, mostZ := vs[0], vs[0], uint64(0)
	for _, v := range vs {
		least, most, mostZ = min(least, v), max(most, v), max(mostZ, zigzag(v))
	}
	plain := intsPlan{codec: intsPlain, base: least, width: widthOf(uint64(most) - uint64(least))}
	if least >= 0 {
		if w := widthOf(uint64(most)); w == plain.width || w <= 8 && w > 4 && plain.width > 4 {
			plain.base, plain.width = 0, w
		}
		return []intsPlan{plain}
	}
	return []intsPlan{plain, {codec: intsZigzag, width: widthOf(mostZ)}}
}

func (p intsPlan) append(dst []byte, vs []int64, scratch *[]uint64) []byte {
	us := grow(scratch, len(vs))
	if p.codec == intsZigzag {
		for i, v := range vs {
			us[i] = zigzag(v)
		}
	} else {
		for i, v := range vs {
			us[i] = uint64(v) - uint64(p.base)
		}
	}
	return appendPlanes(dst, us, p.width)
}

func grow[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n+n/4)
	}
	*s = (*s)[:n]
	return *s
}

// ints writes vs and returns nothing: the choice between the ways is made by compressing a sample.
func (e *encoder) ints(m *meta, vs []int64, c class, own bool) {
	if len(vs) == 0 {
		m.byte(intsConst)
		m.int(0)
		return
	}
	plan, delta := e.planInts(vs)
	if delta {
		m.byte(intsDelta)
		m.int(vs[0])
		vs = deltas(vs)
	}
	if plan.codec == intsPlain && plan.width == 0 {
		m.byte(intsConst)
		m.int(plan.base)
		return
	}
	m.byte(plan.codec)
	if plan.codec == intsPlain {
		m.int(plan.base)
	}
	m.byte(byte(plan.width))
	e.raw = plan.append(e.raw[:0], vs, &e.u64)
	m.stream(e.pack.add(c, e.raw, own))
}

// planInts chooses between values and differences and between their spellings.
func (e *encoder) planInts(vs []int64) (plan intsPlan, delta bool) {
	plans := intsPlans(vs)
	if plans[0].width == 0 || len(vs) < 8 {
		return plans[0], false
	}
	ds := deltas(vs)
	dplans := intsPlans(ds)
	if dplans[0].width == 0 {
		return dplans[0], true
	}
	sv, sd := sampleOf(vs), sampleOf(ds)
	best := -1
	for i, pl := range append(plans, dplans...) {
		s, isDelta := sv, i >= len(plans)
		if isDelta {
			s = sd
		}
		cost := e.trial(pl.append(e.raw[:0], s, &e.u64))
		if isDelta {
			cost += cost/64 + 4 // reading it is sequential: it must pay
		}
		if best < 0 || cost < best {
			best, plan, delta = cost, pl, isDelta
		}
	}
	return plan, delta
}

// readInts reads n integers.
func (d *decoder) readInts(c *cursor, n int) ([]int64, error) {
	codec := c.byte()
	var first int64
	isDelta := codec == intsDelta
	if isDelta {
		if n == 0 {
			c.fail("differences of nothing")
			return nil, c.err
		}
		first = c.int()
		codec = c.byte()
		n--
	}
	vs := make([]int64, n, n+1)
	switch codec {
	case intsConst:
		v := c.int()
		for i := range vs {
			vs[i] = v
		}
	case intsPlain, intsZigzag:
		var base int64
		if codec == intsPlain {
			base = c.int()
		}
		w := int(c.byte())
		if !validWidth(w) {
			c.fail("width of numbers")
			return nil, c.err
		}
		if err := decodePlanes(d, c, vs, w); err != nil {
			return nil, err
		}
		if codec == intsZigzag {
			for i, v := range vs {
				vs[i] = unzigzag(uint64(v))
			}
		} else if base != 0 {
			for i, v := range vs {
				vs[i] = v + base
			}
		}
	default:
		c.fail("encoding of integers")
	}
	if c.err != nil {
		return nil, c.err
	}
	if isDelta {
		vs = append(vs, 0)
		v := first
		for i := range n {
			dv := vs[i]
			vs[i] = v
			v += dv
		}
		vs[n] = v
	}
	return vs, nil
}
