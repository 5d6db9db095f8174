package entity

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// cache remembers what was found in a text. It is a table of sets of two places, read and written without a lock: entries are immutable, and the
// one of the two that was used last stays. A text is remembered when it comes for the second time, so texts that come once neither
// allocate nor push others out.
type cache struct {
	seed maphash.Seed
	mask uint64
	sets []cacheSet
}

type cacheSet struct {
	recent, older atomic.Pointer[cacheEntry]
	seen          atomic.Uint64 // hash of the last text that was not found
}

type cacheEntry struct {
	text  string
	key   tag.Key
	found []mask.Entity
}

// maxCached is the longest text that is remembered: longer ones seldom come again.
const maxCached = 256

// newCache returns a cache for about n texts, nil for none. Zero means the default.
func newCache(n int) *cache {
	switch {
	case n < 0:
		return nil
	case n == 0:
		n = defaultCache
	}
	size := 1 << bits.Len(uint(max(min(n, maxCache)/2, 1)-1))
	return &cache{seed: maphash.MakeSeed(), mask: uint64(size - 1), sets: make([]cacheSet, size)}
}

// get returns what is remembered of a text, or the hash under which put may remember it, 0 for not at all.
func (c *cache) get(text string, key tag.Key) (hash uint64, found []mask.Entity, ok bool) {
	if c == nil || len(text) > maxCached {
		return 0, nil, false
	}
	hash = maphash.String(c.seed, text) ^ key.Hash()
	hash |= 1
	set := &c.sets[hash>>1&c.mask]
	recent := set.recent.Load()
	if recent != nil && recent.key == key && recent.text == text {
		return 0, recent.found, true
	}
	if older := set.older.Load(); older != nil && older.key == key && older.text == text {
		set.older.Store(recent)
		set.recent.Store(older)
		return 0, older.found, true
	}
	return hash, nil, false
}

// put remembers what was found when the text was seen before.
func (c *cache) put(hash uint64, text string, key tag.Key, found []mask.Entity) {
	if hash == 0 {
		return
	}
	set := &c.sets[hash>>1&c.mask]
	if set.seen.Swap(hash) != hash {
		return
	}
	set.older.Store(set.recent.Load())
	set.recent.Store(&cacheEntry{strings.Clone(text), key, slices.Clone(found)})
}
