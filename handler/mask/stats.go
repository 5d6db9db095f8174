package mask

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// counts counts what was masked, by rule and by place.
type counts struct {
	mu     sync.RWMutex
	byRule map[string]*atomic.Uint64
	byPath map[string]map[string]*atomic.Uint64 // by rule, then by path
	paths  int
	// unreported is not zero when something was masked since the last report.
	unreported atomic.Uint64
}

const (
	// maxPaths is how many places are told apart, so that keys that come and go do not fill the memory.
	maxPaths  = 1024
	otherPath = "(other)"
)

// add counts a replacement of rule at path, which is not kept.
func (c *counts) add(rule string, path []byte) {
	c.unreported.Add(1)
	c.mu.RLock()
	total, here := c.byRule[rule], c.byPath[rule][string(path)]
	c.mu.RUnlock()
	if here == nil {
		total, here = c.place(rule, string(path))
	}
	total.Add(1)
	here.Add(1)
}

// place returns the counters of a rule and a path, made if there are none.
func (c *counts) place(rule, path string) (total, here *atomic.Uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byRule[rule] == nil {
		if c.byRule == nil {
			c.byRule, c.byPath = make(map[string]*atomic.Uint64), make(map[string]map[string]*atomic.Uint64)
		}
		c.byRule[rule], c.byPath[rule] = new(atomic.Uint64), make(map[string]*atomic.Uint64)
	}
	if c.byPath[rule][path] == nil {
		if c.paths++; c.paths > maxPaths {
			path = otherPath
		}
		if c.byPath[rule][path] == nil {
			c.byPath[rule][path] = new(atomic.Uint64)
		}
	}
	return c.byRule[rule], c.byPath[rule][path]
}

// Stats returns how often each rule masked something since the masker was made, by name: the kinds (EMAIL, …), the names of Patterns, the types
// of the Detector, and KEY for values under a secret key, UNINSPECTED for what could not be looked into, DEPTH_LIMIT,
// SIZE_LIMIT, CYCLE and CUT for what exceeded a limit, UNSETTLED for a text that was replaced as a whole since each pass over it uncovered more.
// Rules that masked nothing are absent. The map is the caller's.
// What is counted is replacements: an attribute of a logger (With) counts once, not for each record.
func (m *Masker) Stats() map[string]uint64 {
	m.counts.mu.RLock()
	defer m.counts.mu.RUnlock()
	stats := make(map[string]uint64, len(m.counts.byRule))
	for rule, n := range m.counts.byRule {
		stats[rule] = n.Load()
	}
	return stats
}

// Finding is how often a rule masked something at one place: where a program's code leaks.
type Finding struct {
	// Rule is the rule's name, as in Stats.
	Rule string `json:"rule"`
	// Path is the keys of groups, fields and maps down to the value, parted by dots: request.headers.x_note. The message's
	// is "msg", that of a key that holds a secret itself "(key)", a text's without a key "". Keys of maps that hold a digit or a secret are "*", lists are passed through, and when there
	// are more than 1,024 places the further ones are "(other)".
	Path string `json:"path"`
	// Count is the number of replacements.
	Count uint64 `json:"count"`
}

// Findings returns what was masked since the masker was made, by rule and path, the most frequent first. The slice is the caller's.
func (m *Masker) Findings() []Finding {
	var all []Finding
	m.counts.mu.RLock()
	defer m.counts.mu.RUnlock()
	for rule, paths := range m.counts.byPath {
		for path, n := range paths {
			all = append(all, Finding{rule, path, n.Load()})
		}
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Path, b.Path))
	})
	return all
}

// since returns the findings of now less those of then, by the same order.
func since(now, then []Finding) []Finding {
	type place struct{ rule, path string }
	old := make(map[place]uint64, len(then))
	for _, f := range then {
		old[place{f.Rule, f.Path}] = f.Count
	}
	diff := now[:0:0]
	for _, f := range now {
		if f.Count -= old[place{f.Rule, f.Path}]; f.Count > 0 {
			diff = append(diff, f)
		}
	}
	slices.SortStableFunc(diff, func(a, b Finding) int { return cmp.Compare(b.Count, a.Count) })
	return diff
}

// byRule sums findings up, by rule.
func byRule(fs []Finding) (rules []string, sums map[string]uint64) {
	sums = make(map[string]uint64)
	for _, f := range fs {
		sums[f.Rule] += f.Count
	}
	return slices.Sorted(maps.Keys(sums)), sums
}
