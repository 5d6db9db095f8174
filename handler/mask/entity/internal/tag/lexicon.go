package tag

import (
	"encoding/binary"
	"fmt"
	"maps"
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

// lookup returns the class of the word with the hash h.
func (m *Model) lookup(h uint64) Class {
	fp := uint16(h>>16) | 1
	for i := h >> (64 - m.lexBits); ; i = (i + 1) & (1<<m.lexBits - 1) {
		f := uint16(m.lex[4*i]) | uint16(m.lex[4*i+1])<<8
		if f == fp {
			return Class(m.lex[4*i+2]) | Class(m.lex[4*i+3])<<8
		}
		if f == 0 {
			return 0
		}
	}
}

// buildLexicon returns the table that lookup reads. Words whose check and place are the same share their classes.
func buildLexicon(bits uint, words map[uint64]Class) ([]byte, error) {
	if len(words) >= 1<<bits*9/10 {
		return nil, fmt.Errorf("entity model: %d words are too many for 2^%d slots", len(words), bits)
	}
	table := make([]byte, 4<<bits)
	for _, h := range slices.Sorted(maps.Keys(words)) {
		fp := uint16(h>>16) | 1
		i := h >> (64 - bits)
		for {
			f := binary.LittleEndian.Uint16(table[4*i:])
			if f == 0 || f == fp {
				break
			}
			i = (i + 1) & (1<<bits - 1)
		}
		binary.LittleEndian.PutUint16(table[4*i:], fp)
		binary.LittleEndian.PutUint16(table[4*i+2:], binary.LittleEndian.Uint16(table[4*i+2:])|uint16(words[h]))
	}
	return table, nil
}
