package query

import (
	"math"
	"math/bits"
	"sort"

	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// addCodes adds the rows whose number, as RowCodes has it, is wanted; wanted[0] is that of rows without a value.
func (b bitmap) addCodes(codes *segment.RowCodes, wanted []bool) {
	switch {
	case codes.Narrow != nil:
		var set [256]uint64
		for i, w := range wanted {
			if w {
				set[i] = 1
			}
		}
		for i := range b {
			w := uint64(0)
			for j, code := range codes.Narrow[i*64 : min(i*64+64, len(codes.Narrow))] {
				w |= set[code] << j
			}
			b[i] |= w
		}
	case codes.Wide != nil:
		addWanted(b, codes.Wide, wanted)
	default:
		addWanted(b, codes.Long, wanted)
	}
}

func addWanted[T uint16 | uint32](b bitmap, codes []T, wanted []bool) {
	for i := range b {
		w := uint64(0)
		for j, code := range codes[i*64 : min(i*64+64, len(codes))] {
			if wanted[code] {
				w |= 1 << j
			}
		}
		b[i] |= w
	}
}

// addNumbers adds the rows whose number is in an interval.
func (b bitmap) addNumbers(n *segment.Numbers, want eval.Interval) {
	switch {
	case n.Ints != nil:
		least, most := whole(n, want, math.MinInt32, math.MaxInt32)
		addIf(b, n.Has, n.Ints, func(x int32) bool { return int64(x) >= least && int64(x) <= most })
	case n.Long != nil:
		least, most := whole(n, want, -1<<53, 1<<53)
		addIf(b, n.Has, n.Long, func(x int64) bool { return x >= least && x <= most })
	default:
		addIf(b, n.Has, n.Floats, func(f float64) bool { return f >= want.Least && f <= want.Most })
	}
}

// whole returns the least and the largest of the whole numbers from low to high whose value is in an interval.
func whole(n *segment.Numbers, want eval.Interval, low, high int64) (least, most int64) {
	unit := n.Unit()
	span := int(high - low + 1)
	at := func(i int) float64 { return float64(low+int64(i)) / unit }
	least = low + int64(sort.Search(span, func(i int) bool { return at(i) >= want.Least }))
	most = low + int64(sort.Search(span, func(i int) bool { return at(i) > want.Most })) - 1
	return least, most
}

// addIf adds the rows whose number, of those in has, is one that holds.
func addIf[T any](b bitmap, has []uint64, numbers []T, holds func(T) bool) {
	if has == nil {
		for i := range b {
			w := uint64(0)
			for j, x := range numbers[i*64 : min(i*64+64, len(numbers))] {
				if holds(x) {
					w |= 1 << j
				}
			}
			b[i] |= w
		}
		return
	}
	at := 0
	for i, rows := range has {
		w := uint64(0)
		for ; rows != 0; rows &= rows - 1 {
			if holds(numbers[at]) {
				w |= rows & -rows
			}
			at++
		}
		b[i] |= w
	}
}

// eachRow calls visit for the rows of numbers, with their place among the numbers.
func eachRow(n *segment.Numbers, rows int, visit func(row uint32, at int)) {
	if n.Has == nil {
		for i := range rows {
			visit(uint32(i), i)
		}
		return
	}
	at := 0
	for i, w := range n.Has {
		for ; w != 0; w &= w - 1 {
			visit(uint32(i*64+bits.TrailingZeros64(w)), at)
			at++
		}
	}
}
