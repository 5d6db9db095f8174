package query

import "math/bits"

// bitmap is a set of rows.
type bitmap []uint64

func newBitmap(rows int) bitmap { return make(bitmap, (rows+63)/64) }

func (b bitmap) set(row uint32)      { b[row/64] |= 1 << (row % 64) }
func (b bitmap) has(row uint32) bool { return b[row/64]&(1<<(row%64)) != 0 }

// fill adds every row.
func (b bitmap) fill(rows int) {
	for i := range b {
		b[i] = ^uint64(0)
	}
	if n := rows % 64; n > 0 {
		b[len(b)-1] = 1<<n - 1
	}
}

func (b bitmap) and(o bitmap) {
	for i := range b {
		b[i] &= o[i]
	}
}

func (b bitmap) or(o bitmap) {
	for i := range b {
		b[i] |= o[i]
	}
}

// invert makes the set that of the other rows.
func (b bitmap) invert(rows int) {
	for i := range b {
		b[i] = ^b[i]
	}
	if n := rows % 64; n > 0 {
		b[len(b)-1] &= 1<<n - 1
	}
}

func (b bitmap) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b bitmap) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// rows lists the rows, ascending.
func (b bitmap) rows() []uint32 {
	out := make([]uint32, 0, b.count())
	for i, w := range b {
		for w != 0 {
			out = append(out, uint32(i*64+bits.TrailingZeros64(w)))
			w &= w - 1
		}
	}
	return out
}
