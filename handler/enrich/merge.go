package enrich

import (
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
)

type mergeKey struct{ more *chain.Block }

// merge returns the attributes of first and those of more whose keys first does not have. The result is remembered in
// first; it is first or more itself where one of them says it all.
func merge(first, more *chain.Block) *chain.Block {
	if first == nil || first == more {
		return more
	}
	if more == nil {
		return first
	}
	return first.Derive(mergeKey{more}, func(first *chain.Block) any {
		have := first.Attrs()
		attrs := have[:len(have):len(have)]
		for _, a := range more.Attrs() {
			if !hasKey(have, a.Key) {
				attrs = append(attrs, a)
			}
		}
		if len(attrs) == len(have) {
			return first
		}
		return chain.NewBlock(attrs)
	}).(*chain.Block)
}

func hasKey(attrs []slog.Attr, key string) bool {
	for i := range attrs {
		if attrs[i].Key == key {
			return true
		}
	}
	return false
}
