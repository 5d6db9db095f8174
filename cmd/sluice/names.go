package main

import (
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
)

// lineMasker masks lines and counts what it masked, by rule.
type lineMasker interface {
	AppendLine(dst, line []byte) []byte
	Stats() map[string]uint64
}

// withNames masks the names of persons, places and organisations in what m leaves. It is for one goroutine.
func withNames(m *mask.Masker) lineMasker {
	return &nameMasker{Masker: m, names: entity.New(nil)}
}

type nameMasker struct {
	*mask.Masker
	names *entity.Masker
	line  []byte
}

func (n *nameMasker) AppendLine(dst, line []byte) []byte {
	n.line = n.Masker.AppendLine(n.line[:0], line)
	return n.names.AppendLine(dst, n.line)
}

func (n *nameMasker) Stats() map[string]uint64 {
	counts := n.Masker.Stats()
	for typ, c := range n.names.Stats().Masked {
		counts[typ] += c
	}
	return counts
}
