package query

import (
	"slices"
	"sync"

	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// cache bounds what segments keep of what they have decoded. What is large, as it is decoded, stays of the segments used last, in what is
// left of half of the room, and in an eighth at least; what is small stays of all. When that is too much, columns go that no request has asked for lately, and then the
// segment used last: requests go through segments in the same order, so the oldest ones kept are the next ones asked.
type cache struct {
	mu     sync.Mutex
	limit  int
	held   map[*segment.Segment]held
	names  map[*segment.Segment]bool              // whether levels are spelled as names, of segments of which it was asked
	fields map[*segment.Segment]*eval.FieldCounts // of segments of which it was asked; not to be written to
	total  held
	large  []*segment.Segment // those that hold what is large, the one used last at the end
}

// held is how many bytes are kept, as of when a segment's Changes were so many.
type held struct {
	small, large int
	changes      uint64
}

// recent is for how many requests a column stays that none of them asks for, when there is no room.
const recent = 1

// used tells that a request is done with a segment, after its Done.
func (c *cache) used(s *segment.Segment) {
	s.Tick()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[*segment.Segment]held{}
	}
	c.measure(s)
	if at := slices.Index(c.large, s); at >= 0 {
		c.large = slices.Delete(c.large, at, at+1)
	}
	if c.held[s].large > 0 {
		c.large = append(c.large, s)
	}
	for _, o := range c.large {
		if c.total.large <= c.largeRoom() {
			break
		}
		o.SlimColumns() // the times of records are asked for by most requests
		c.measure(o)
	}
	for len(c.large) > 0 && c.total.large > c.largeRoom() {
		c.large[0].Slim() // if somebody uses it, that one will come here, too
		c.measure(c.large[0])
		c.large = c.large[1:]
	}
	if c.total.small <= c.limit*7/8 {
		return
	}
	for s := range c.held {
		s.Trim(recent)
		c.measure(s)
	}
	if c.total.small > c.limit*7/8 {
		s.Release()
		c.measure(s)
	}
}

// shown is used, after lines of the segment were put together, for which all of its columns may have been decoded: the lines are kept, and
// where room is short the columns are not.
func (c *cache) shown(s *segment.Segment) {
	c.mu.Lock()
	if c.held[s].changes == s.Changes() {
		c.mu.Unlock()
		c.used(s)
		return
	}
	_, large := s.Decoded()
	grown := large - c.held[s].large
	short := grown > 0 && c.total.large+grown > c.largeRoom()
	c.mu.Unlock()
	if short {
		s.SlimColumns()
	}
	c.used(s)
}

func (c *cache) largeRoom() int { return max(c.limit/8, c.limit/2-c.total.small) }

func (c *cache) measure(s *segment.Segment) {
	old, known := c.held[s]
	size := held{changes: s.Changes()}
	if known && old.changes == size.changes {
		return
	}
	size.small, size.large = s.Decoded()
	c.total.small += size.small - old.small
	c.total.large += size.large - old.large
	c.held[s] = size
}

// keep forgets segments that are not there any more.
func (c *cache) keep(list []Segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if max(len(c.held), len(c.names), len(c.fields)) <= 2*len(list)+16 {
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
	for s := range c.fields {
		if !live[s] {
			delete(c.fields, s)
		}
	}
	for s, size := range c.held {
		if !live[s] {
			c.total.small -= size.small
			c.total.large -= size.large
			delete(c.held, s)
		}
	}
	c.large = slices.DeleteFunc(c.large, func(s *segment.Segment) bool { return !live[s] })
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
