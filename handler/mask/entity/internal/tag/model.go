// Package tag finds the names of persons, places and organisations in a text.
//
// It is a linear tagger: each candidate word (see gate.go) gets features from itself and its neighbours, each feature is a row of small
// weights in a table that is addressed by the feature's hash, and the best labelling of a run of candidates is found by
// Viterbi's algorithm (A. J. Viterbi, "Error bounds for convolutional codes", 1967). The weights are learned by the averaged structured
// perceptron (M. Collins, "Discriminative training methods for hidden Markov models", 2002) in package train.
package tag

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// The labels: outside, and beginning and inside of each type.
const (
	O = iota
	BeginPerson
	InPerson
	BeginLocation
	InLocation
	BeginOrganization
	InOrganization
	Labels
)

// Model is the lexicon and the weights. Immutable.
type Model struct {
	rows    string // 8 bytes for each feature: a weight for each label, plus 128, and a check
	rowBits uint
	lex     string // 3 bytes for each place
	lexBits uint
	sets    [sets]Class
	trans   [Labels][Labels]int32 // from, to
	bias    int32                 // added to O: above 0 finds less
}

// The file: magic, version, rowBits, lexBits, 0, bias (int32), transitions (int32 each), sets of classes (uint16 each), lexicon, rows. Little-endian.
const (
	magic      = "SLENTITY"
	version    = 1
	setsAt     = len(magic) + 4 + 4 + 4*Labels*Labels
	headerSize = setsAt + 2*sets
)

// Parse reads a model file.
func Parse(file string) (*Model, error) {
	if len(file) < headerSize || file[:len(magic)] != magic {
		return nil, errors.New("entity model: no header")
	}
	head := []byte(file[len(magic):headerSize])
	m := &Model{rowBits: uint(head[1]), lexBits: uint(head[2])}
	if head[0] != version {
		return nil, fmt.Errorf("entity model: version %d, want %d", head[0], version)
	}
	if m.rowBits < 1 || m.rowBits > 24 || m.lexBits < 1 || m.lexBits > 20 || len(file) != headerSize+slotSize<<m.lexBits+8<<m.rowBits {
		return nil, fmt.Errorf("entity model: %d bytes are not what 2^%d words and 2^%d features take", len(file), m.lexBits, m.rowBits)
	}
	m.bias = int32(binary.LittleEndian.Uint32(head[4:]))
	for i := range Labels * Labels {
		m.trans[i/Labels][i%Labels] = int32(binary.LittleEndian.Uint32(head[8+4*i:]))
	}
	for i := range m.sets {
		m.sets[i] = Class(binary.LittleEndian.Uint16([]byte(file[setsAt+2*i : setsAt+2*i+2])))
	}
	m.lex = file[headerSize : headerSize+slotSize<<m.lexBits]
	m.rows = file[headerSize+slotSize<<m.lexBits:]
	free := false
	for i := 2; i < len(m.lex) && !free; i += slotSize {
		free = m.lex[i] == 0
	}
	if !free {
		return nil, errors.New("entity model: the lexicon has no free slot")
	}
	return m, nil
}

// Row is the weights of a feature.
type Row struct {
	Feature uint64
	Weights [Labels]int8
}

// ways is how many rows a feature may be in; they share a cache line.
const ways = 4

// Build makes a model file of a lexicon, weights and transitions. Features that come first have the choice of rows, and what finds no
// room is left out: Build returns how many.
func Build(rowBits uint, rows []Row, trans [Labels][Labels]int32, bias int32, lexBits uint, words map[uint64]Class) (file []byte, left int, err error) {
	file = append([]byte(magic), version, byte(rowBits), byte(lexBits), 0)
	file = binary.LittleEndian.AppendUint32(file, uint32(bias))
	for _, row := range trans {
		for _, w := range row {
			file = binary.LittleEndian.AppendUint32(file, uint32(w))
		}
	}
	numbers, lex, err := buildLexicon(lexBits, words)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range numbers {
		file = binary.LittleEndian.AppendUint16(file, uint16(c))
	}
	file = append(file, lex...)
	table := make([]byte, 8<<rowBits)
	for _, r := range rows {
		at, k := int(r.Feature>>(64-rowBits)), 0
		check := Check(r.Feature)
		for k < ways && table[8*(at^k)+7] != 0 && table[8*(at^k)+7] != check {
			k++
		}
		if at ^= k; k == ways || table[8*at+7] != 0 {
			left++
			continue
		}
		for l, w := range r.Weights {
			table[8*at+l] = byte(int(w) + 128)
		}
		table[8*at+7] = check
	}
	return append(file, table...), left, nil
}

//go:embed model.bin
var embedded string

// Default returns the model that is built in.
var Default = sync.OnceValue(func() *Model {
	m, err := Parse(embedded)
	if err != nil {
		panic(err) // the file is a part of the program, and a test reads it
	}
	return m
})
