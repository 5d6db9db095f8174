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
	total int
}

// used tells that a request is done with a segment.
func (c *cache) used(s *segment.Segment) {
	size := s.Decoded()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[*segment.Segment]int{}
	}
	c.total += size - c.held[s]
	c.held[s] = size
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
	if len(c.held) <= 2*len(list)+16 {
		return
	}
	live := make(map[*segment.Segment]bool, len(list))
	for _, s := range list {
		live[s.Segment] = true
	}
	for s, size := range c.held {
		if !live[s] {
			c.total -= size
			delete(c.held, s)
		}
	}
}
