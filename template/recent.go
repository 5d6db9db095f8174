package template

// recent is the list of the clusters in the order of their use. The next of the ring was used last.
type recent struct {
	ring  cluster
	count int
}

func (r *recent) init() { r.ring.prev, r.ring.next = &r.ring, &r.ring }

func (r *recent) push(c *cluster) {
	r.count++
	r.link(c)
}

func (r *recent) drop(c *cluster) {
	r.count--
	r.unlink(c)
}

func (r *recent) touch(c *cluster) {
	if r.ring.next != c {
		r.unlink(c)
		r.link(c)
	}
}

func (r *recent) link(c *cluster) {
	c.prev, c.next = &r.ring, r.ring.next
	c.prev.next, c.next.prev = c, c
}

func (r *recent) unlink(c *cluster) { c.prev.next, c.next.prev = c.next, c.prev }

// aliases remembers which templates became part of which, the last ones.
type aliases struct {
	of    map[uint64]uint64
	order []uint64
	at    int
}

func (a *aliases) init(limit int) {
	a.of = map[uint64]uint64{}
	a.order = make([]uint64, 0, limit)
}

func (a *aliases) add(from, to uint64) {
	if _, again := a.of[from]; !again {
		if len(a.order) < cap(a.order) {
			a.order = append(a.order, from)
		} else {
			delete(a.of, a.order[a.at])
			a.order[a.at] = from
			a.at = (a.at + 1) % len(a.order)
		}
	}
	a.of[from] = to
	delete(a.of, to) // it is a template again
}
