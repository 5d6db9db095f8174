package jsonenc

import (
	"math/bits"
	"strings"
	"sync/atomic"
)

// A program has few keys, and most of them need no change. Such a key, as it stands in a line and with its hash, is
// remembered here, for all encoders, in one of two places.
var knownKeys [512]keyPair

type keyPair [2]atomic.Pointer[knownKey]

type knownKey struct {
	low, high uint64 // see ends
	key       string
	hash      uint32
	dots      uint8
	text      [maxKnown + 4]byte // with comma, quotes, colon
}

const (
	maxKnown = 28 // bytes of a key that is remembered
	patience = 64 // misses, of one buffer, to one that takes another key's place
)

// known returns the places for a key with these ends.
func known(low, high uint64) *keyPair {
	const k = 0x9e3779b97f4a7c15 // 2^64 / golden ratio, as in Fibonacci hashing
	return &knownKeys[(low^bits.RotateLeft64(high, 29))*k>>55]
}

func (k *knownKey) is(low, high uint64, key string) bool {
	return k != nil && k.low == low && k.high == high && len(k.key) == len(key) && (len(key) <= 16 || k.key == key)
}

// remember puts a plain key in one of its places, if one is free or enough time has passed.
func (b *Buffer) remember(key string, hash uint32) {
	low, high := ends(key)
	pair := known(low, high)
	place := &pair[0]
	if place.Load() != nil {
		place = &pair[1]
	}
	if place.Load() != nil {
		if b.misses++; b.misses%patience != 0 {
			return
		}
		place = &pair[b.misses/patience%2]
	}
	text := `,"` + key + `":`
	k := &knownKey{low: low, high: high, key: text[2 : 2+len(key)], hash: hash, dots: uint8(strings.Count(key, "."))}
	copy(k.text[:], text)
	place.Store(k)
}
