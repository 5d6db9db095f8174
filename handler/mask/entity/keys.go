package entity

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// keys judges the keys of attributes, and remembers: a direct-mapped table without a lock, in which the last writer wins.
type keys struct {
	own   map[string]tag.Kind // a user's, in small letters
	slots [keySlots]atomic.Pointer[keyEntry]
}

const (
	keySlots = 512
	maxKey   = 64
)

type keyEntry struct {
	group, key string
	judged     tag.Key
}

func (k *keys) init(skip, look []string) {
	k.own = make(map[string]tag.Kind, len(skip)+len(look))
	for _, s := range look {
		k.own[strings.ToLower(s)] = tag.NoKind
	}
	for _, s := range skip {
		k.own[strings.ToLower(s)] = tag.MachineKey
	}
}

// judge says what a key, in a group, says of its text.
func (k *keys) judge(group, key string) tag.Key {
	h := uint(len(key)) + uint(len(group))*31
	if n := len(key); n > 0 {
		h = h*31 + uint(key[0])
		h = h*31 + uint(key[n-1])
		h = h*31 + uint(key[n/2])
	}
	s := &k.slots[h%keySlots]
	e := s.Load()
	if e != nil && e.key == key && e.group == group {
		return e.judged
	}
	judged := tag.KeyOf(group, key)
	if len(k.own) > 0 {
		if kind, ok := k.own[strings.ToLower(key)]; ok {
			judged.Kind = kind
		}
	}
	// Keys that come and go must not push out, nor allocate for, those that stay.
	if len(key) <= maxKey && len(group) <= maxKey && (e == nil || rand.Uint32()%16 == 0) {
		s.Store(&keyEntry{strings.Clone(group), strings.Clone(key), judged})
	}
	return judged
}
