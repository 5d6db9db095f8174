package tag

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	mathbits "math/bits"
	"slices"
)

// Class is what the lexicon knows of a word, as bits.
type Class uint16

// The classes of words.
const (
	First     Class = 1 << iota // given name
	Last                        // family name
	City                        // large city or capital
	Town                        // other city
	Region                      // country, state, continent
	OrgEnd                      // what names of organisations end or begin with: Ltd, Bank, University
	OrgName                     // well-known organisation
	Common                      // word of the language
	Log                         // word of log messages and programs
	Product                     // name of a program, a format, a protocol
	Calendar                    // month or weekday
	Honorific                   // Mr, Dr
	Street                      // Street, Rue, Platz
	Role                        // what persons are: user, customer, engineer
	Particle                    // van, de, of, &
)

// names are the classes that training hides at times, so that names that nobody listed are found too.
const names = First | Last | City | Town | Region | OrgName

// The lexicon is an open table: for each place two bytes of check and one that is the number of a set of classes, 0 for an
// empty place.
const (
	slotSize = 3
	sets     = 256
)

// lookup returns the class of the word with the hash h.
func (m *Model) lookup(h uint64) Class {
	check := uint16(h >> 8)
	for i := h >> (64 - m.lexBits); ; i = (i + 1) & (1<<m.lexBits - 1) {
		set := m.lex[slotSize*i+2]
		if set == 0 {
			return 0
		}
		if uint16(m.lex[slotSize*i])|uint16(m.lex[slotSize*i+1])<<8 == check {
			return m.sets[set]
		}
	}
}

// buildLexicon returns the sets of classes and the table that lookup reads. When words have more sets than there is room for, the rarest
// lose classes until they are one of the others.
func buildLexicon(bits uint, words map[uint64]Class) (numbers [sets]Class, table []byte, err error) {
	if len(words) >= 1<<bits*9/10 {
		return numbers, nil, fmt.Errorf("entity model: %d words are too many for 2^%d places", len(words), bits)
	}
	counts := make(map[Class]int)
	for _, c := range words {
		counts[c]++
	}
	delete(counts, 0)
	ranked := slices.SortedFunc(maps.Keys(counts), func(a, b Class) int { return cmp.Or(counts[b]-counts[a], int(a)-int(b)) })
	ranked = ranked[:min(len(ranked), sets-1)]
	copy(numbers[1:], ranked)
	number := make(map[Class]byte, len(counts))
	for i, c := range ranked {
		number[c] = byte(i + 1)
	}
	table = make([]byte, slotSize<<bits)
	for _, h := range slices.Sorted(maps.Keys(words)) {
		set := number[words[h]]
		for i, most := 1, -1; set == 0 && i < sets; i++ {
			if n := onesCount(numbers[i]); numbers[i]&^words[h] == 0 && n > most {
				most, number[words[h]] = n, byte(i)
			}
		}
		if set = number[words[h]]; set == 0 {
			continue
		}
		i := h >> (64 - bits)
		for table[slotSize*i+2] != 0 && binary.LittleEndian.Uint16(table[slotSize*i:]) != uint16(h>>8) {
			i = (i + 1) & (1<<bits - 1)
		}
		binary.LittleEndian.PutUint16(table[slotSize*i:], uint16(h>>8))
		table[slotSize*i+2] = set
	}
	return numbers, table, nil
}

func onesCount(c Class) int { return mathbits.OnesCount16(uint16(c)) }
