package query

import (
	"sync"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// cache bounds what segments keep of their decoded columns. When a further one does not fit, it is that one that goes: requests go
// through segments in the same order, so the oldest ones kept are the next ones asked.
type cache struct {
	mu    sync.Mutex
	limit int
	held  map[*segment.Segment]int
	names map[*segment.Segment]bool // whether levels are spelled as names, of segments of which it was asked
	total int
}

// shown tells that lines of a segment were put together, for which all of its columns were decoded: the lines are kept, the columns not.
func (c *cache) shown(s *segment.Segment) {
	s.Release()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total -= c.held[s]
	delete(c.held, s)
}

// recent is for how many requests a column stays that none of them asks for, when there is no room.
const recent = 3

// used tells that a request is done with a segment.
func (c *cache) used(s *segment.Segment) {
	s.Tick()
	size := s.Decoded()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[*segment.Segment]int{}
	}
	set := func() {
		c.total += size - c.held[s]
		c.held[s] = size
	}
	if set(); c.total > c.limit {
		s.Trim(recent)
		size = s.Decoded()
		set()
	}
	if c.total > c.limit {
		s.Release()
		c.total -= size
		delete(c.held, s)
	}
}

// keep forgets segments that are not there any more.
func (c *cache) keep(list []Segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if max(len(c.held), len(c.names)) <= 2*len(list)+16 {
		return
	}
	live := make(map[*segment.Segment]bool, len(list))
	for _, s := range list {
		live[s.Segment] = true
	}
	for s := range c.names {
		if !live[s] {
			delete(c.names, s)
		}
	}
	for s, size := range c.held {
		if !live[s] {
			c.total -= size
			delete(c.held, s)
		}
	}
}

// levelsAreNames is [part.levelsAreNames], remembered: segments do not change.
func (c *cache) levelsAreNames(p *part) bool {
	c.mu.Lock()
	is, known := c.names[p.seg.Segment]
	c.mu.Unlock()
	if known {
		return is
	}
	is = p.levelsAreNames()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil {
		c.names = map[*segment.Segment]bool{}
	}
	c.names[p.seg.Segment] = is
	return is
}
