package mask

import (
	"sync"
	"sync/atomic"
)

// counts counts what was masked, by rule.
type counts struct {
	byRule sync.Map // string -> *atomic.Uint64
}

func (c *counts) add(rule string) {
	n, ok := c.byRule.Load(rule)
	if !ok {
		n, _ = c.byRule.LoadOrStore(rule, new(atomic.Uint64))
	}
	n.(*atomic.Uint64).Add(1)
}

// Stats returns how often each rule masked something since the masker was made, by name: the kinds (EMAIL, …), the names of Patterns, the types
// of the Detector, and KEY for values under a secret key, UNINSPECTED for what could not be looked into, DEPTH_LIMIT,
// SIZE_LIMIT, CYCLE and CUT for what exceeded a limit. Rules that masked nothing are absent. The map is the caller's.
// What is counted is replacements: an attribute of a logger (With) counts once, not for each record.
func (m *Masker) Stats() map[string]uint64 {
	stats := make(map[string]uint64)
	m.counts.byRule.Range(func(rule, n any) bool {
		stats[rule.(string)] = n.(*atomic.Uint64).Load()
		return true
	})
	return stats
}
