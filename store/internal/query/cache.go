package query

import (
	"sync"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// cache bounds what segments keep of what they have decoded. When it is too much, all are slimmed; when that is still too much, columns go that
// no request has asked for lately, and then the segment used last: requests go through segments in the same order, so the oldest
// ones kept are the next ones asked.
type cache struct {
	mu    sync.Mutex
	limit int
	held  map[*segment.Segment]int
	names map[*segment.Segment]bool // whether levels are spelled as names, of segments of which it was asked
	total int
}

// recent is for how many requests a column stays that none of them asks for, when there is no room.
const recent = 3

// used tells that a request is done with a segment, after its Done.
func (c *cache) used(s *segment.Segment) {
	s.Tick()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[*segment.Segment]int{}
	}
	if c.measure(s); c.total <= c.limit {
		return
	}
	c.all((*segment.Segment).Slim)
	if c.total > c.limit*7/8 {
		c.all(func(s *segment.Segment) { s.Trim(recent) })
	}
	if c.total > c.limit*7/8 {
		s.Release()
		c.measure(s)
	}
}

func (c *cache) measure(s *segment.Segment) {
	size := s.Decoded()
	c.total += size - c.held[s]
	c.held[s] = size
}

func (c *cache) all(f func(*segment.Segment)) {
	for s := range c.held {
		f(s)
		c.measure(s)
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
