package eval

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"

	"github.com/sluicelog/sluice/search"
)

// A Distinct counts different values: exactly while they are few, then by HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, 2007, with
// linear counting below 2.5 times the registers). Counts of parts are merged without loss. The zero Distinct is empty; it is for one
// goroutine at a time.
type Distinct struct {
	exact     map[uint64]struct{}
	registers []uint8
}

const (
	exactly   = 16_384
	precision = 14
)

// hashSeed is one for the process, so that what several goroutines counted can be merged.
var hashSeed = maphash.MakeSeed()

// Hash returns by what values are told apart. Equal values of one type have the same.
func Hash(v search.Value) uint64 {
	if v.Type() == search.String {
		return maphash.String(hashSeed, v.Str())
	}
	var b [9]byte
	b[0] = byte(v.Type())
	n := v.Number()
	if i, ok := n.Int64(); ok {
		binary.LittleEndian.PutUint64(b[1:], uint64(i))
	} else {
		binary.LittleEndian.PutUint64(b[1:], math.Float64bits(n.Float64()))
	}
	return maphash.Bytes(hashSeed, b[:])
}

// Add counts a value by its hash.
func (d *Distinct) Add(hash uint64) {
	if d.registers != nil {
		d.register(hash)
		return
	}
	if d.exact == nil {
		d.exact = map[uint64]struct{}{}
	}
	d.exact[hash] = struct{}{}
	if len(d.exact) > exactly {
		d.estimate()
	}
}

// estimate changes over to registers.
func (d *Distinct) estimate() {
	d.registers = make([]uint8, 1<<precision)
	for h := range d.exact {
		d.register(h)
	}
	d.exact = nil
}

func (d *Distinct) register(hash uint64) {
	i := hash >> (64 - precision)
	rank := uint8(bits.LeadingZeros64(hash<<precision|1<<(precision-1))) + 1
	d.registers[i] = max(d.registers[i], rank)
}

// Merge adds what o has counted.
func (d *Distinct) Merge(o *Distinct) {
	for h := range o.exact {
		d.Add(h)
	}
	if o.registers == nil {
		return
	}
	if d.registers == nil {
		d.estimate()
	}
	for i, r := range o.registers {
		d.registers[i] = max(d.registers[i], r)
	}
}

// Count returns how many different values there were.
func (d *Distinct) Count() uint64 {
	if d.registers == nil {
		return uint64(len(d.exact))
	}
	const m = 1 << precision
	sum, zeros := 0.0, 0
	for _, r := range d.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && zeros > 0 {
		estimate = m * math.Log(m/float64(zeros))
	}
	return uint64(math.Round(estimate))
}
