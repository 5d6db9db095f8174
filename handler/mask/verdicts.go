package mask

import (
	"cmp"
	"math/bits"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// verdicts remembers what was found out about keys: a direct-mapped table that is read and written without a lock. A slot
// is an immutable entry; of two writers the last wins.
type verdicts struct {
	slots [verdictSlots]atomic.Pointer[keyEntry]
}

const (
	verdictBits  = 10
	verdictSlots = 1 << verdictBits
)

type keyEntry struct {
	key string
	sum keySum
	verdict
	name string // what is written instead of the key, empty when the key itself holds no secret
	// quick is all that text under the key needs; nil when it needs more, or when the key is not to be passed as it is.
	quick *scan.Scanner
}

// scannerOf returns the scanner for text under a verdict.
func (m *Masker) scannerOf(v verdict) *scan.Scanner {
	if v.scanner != nil {
		return v.scanner
	}
	return m.byClass[v.class]
}

// keySum is the first and the last eight bytes of a key: the whole of it, with its length, when it has sixteen or fewer.
type keySum struct{ a, b uint64 }

func sumOf(key string) keySum {
	n := len(key)
	switch {
	case n >= 8:
		return keySum{load8(key), load8(key[n-8:])}
	case n >= 4:
		return keySum{load4(key), load4(key[n-4:])}
	case n > 0:
		return keySum{a: uint64(key[0]) | uint64(key[n/2])<<8 | uint64(key[n-1])<<16}
	}
	return keySum{}
}

// slot is where a key of n bytes is remembered: keys that differ only in between share a slot, and nothing but time is lost.
func (k keySum) slot(n int) uint64 {
	return (k.a ^ bits.RotateLeft64(k.b, 23) ^ uint64(n)) * 0x9e3779b97f4a7c15 >> (64 - verdictBits)
}

// remembered returns the entry of key, nil when there is none.
func (v *verdicts) remembered(key string) *keyEntry {
	n := len(key)
	sum := sumOf(key)
	if e := v.slots[sum.slot(n)].Load(); e != nil && e.sum.a == sum.a && e.sum.b == sum.b && len(e.key) == n && (n <= 16 || e.key == key) {
		return e
	}
	return nil
}

func load8(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load4(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// judge returns the entry of key, computing it when it is not remembered.
func (m *Masker) judge(key string) *keyEntry {
	if e := m.verdicts.remembered(key); e != nil {
		return e
	}
	return m.judgeNew(key)
}

// plainEntry serves keys that are not remembered and say nothing.
var plainEntry = &keyEntry{}

func (m *Masker) judgeNew(key string) *keyEntry {
	e := keyEntry{sum: sumOf(key), verdict: m.keys.verdict(key)}
	if e.class != allowed {
		e.name = m.keyName(key)
	}
	if e.name != "" && e.class < secret {
		e.verdict = m.keys.verdict(e.name) // so that the masked record, masked again, is judged the same
	}
	name := cmp.Or(e.name, key)
	if e.class < secret {
		if s := m.byClass[e.class]; s.Under(name) != s {
			e.scanner = s.Under(name)
		}
	}
	if e.class <= ident && e.name == "" && m.onlyKinds {
		e.quick = m.scannerOf(e.verdict)
	}
	s := &m.verdicts.slots[e.sum.slot(len(key))]
	// Keys that come and go (a map by user) must not push out, nor allocate for, those that stay.
	if len(key) > maxKey || s.Load() != nil && rand.Uint32()%16 != 0 {
		if e.class == plain && e.name == "" && e.scanner == nil {
			return plainEntry
		}
		return &e
	}
	e.key = strings.Clone(key)
	s.Store(&e)
	return &e
}
