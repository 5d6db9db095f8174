package template

import "iter"

// Miner finds the templates of a stream of messages. Not safe for concurrent use.
type Miner struct {
	opts    Options
	buckets map[uint64]*cluster // by skeleton, each the head of a list
	recent  recent
	aliases aliases
	shapes  [shapes]known
	stats   Stats

	// Of the message at hand; reused, so that a known template costs no allocation.
	toks tokens
	vars []string
	near []*cluster
	vary [maxTokens + 1]bool
}

// shapes is the number of message shapes for which the cluster is remembered.
const shapes = 1 << 12

// known leads from the shape of a message to its cluster.
type known struct {
	shape   uint64
	cluster *cluster
}

// cluster is a template that can still change.
type cluster struct {
	template   *Template
	slots      []slot
	skeleton   uint64
	gone       bool
	sibling    *cluster // in the bucket
	prev, next *cluster // in the list of the recently used
}

// Stats are the figures of a miner.
type Stats struct {
	Templates int    // kept now
	Created   uint64 // since the beginning
	Evicted   uint64 // to make room
	Merged    uint64 // became part of another
}

// NewMiner returns an empty miner. Nil opts are the zero Options; values out of range are clamped.
func NewMiner(opts *Options) *Miner {
	m := &Miner{opts: opts.clamped(), buckets: map[uint64]*cluster{}}
	m.aliases.init(m.opts.MaxTemplates)
	m.recent.init()
	return m
}

// Match returns the template of msg and its variables, one for each of [Template.Kinds]. The variables are parts of msg; the
// slice is valid until the next call.
func (m *Miner) Match(msg string) (t *Template, vars []string) {
	m.toks.scan(msg)
	at := &m.shapes[m.toks.shape%shapes]
	c := at.cluster
	if c == nil || at.shape != m.toks.shape || c.gone || !m.extract(c, msg) {
		c = m.find(msg)
		at.shape, at.cluster = m.toks.shape, c
	}
	m.recent.touch(c)
	return c.template, m.vars
}

// Resolve returns the ID of the template that the template of that ID became part of; id itself when there is none, or
// when it was so long ago that the miner has forgotten it.
func (m *Miner) Resolve(id uint64) uint64 {
	for range maxResolve {
		to, ok := m.aliases.of[id]
		if !ok || to == id {
			break
		}
		id = to
	}
	return id
}

// maxResolve bounds the steps of Resolve.
const maxResolve = 64

// All returns the templates that are kept, the last used first. The miner must not be used during the iteration.
func (m *Miner) All() iter.Seq[*Template] {
	return func(yield func(*Template) bool) {
		for c := m.recent.ring.next; c != &m.recent.ring; c = c.next {
			if !yield(c.template) {
				return
			}
		}
	}
}

// Stats returns the figures as they are now.
func (m *Miner) Stats() Stats {
	s := m.stats
	s.Templates = m.recent.count
	return s
}

// extract cuts the variables out of msg. It says no when the constant parts differ, whatever hashes say.
func (m *Miner) extract(c *cluster, msg string) bool {
	if m.toks.n != len(c.slots) {
		return false
	}
	vars, cut := m.vars[:0], 0
	literals := c.template.literals
	for i := range c.slots {
		if c.slots[i].kind == constant {
			continue
		}
		t := &m.toks.list[i]
		if msg[cut:t.start] != literals[len(vars)] {
			return false
		}
		vars = append(vars, msg[t.start:t.end])
		cut = int(t.end)
	}
	m.vars = vars
	return msg[cut:] == literals[len(vars)]
}

// add makes a new cluster for the message.
func (m *Miner) add(msg string) *cluster {
	if m.recent.count >= m.opts.MaxTemplates {
		m.stats.Evicted++
		m.remove(m.recent.ring.prev)
	}
	toks := m.toks.list[:m.toks.n]
	c := &cluster{slots: make([]slot, len(toks)), skeleton: m.toks.skeleton}
	for i := range toks {
		c.slots[i] = slot{toks[i].hash, toks[i].kind, toks[i].valued}
		if toks[i].kind == Word && toks[i].inQuotes(msg) {
			c.slots[i].kind = Quoted
		}
	}
	c.template = render(msg, toks, c.slots)
	c.template.identify()
	delete(m.aliases.of, c.template.id) // it is back
	c.sibling = m.buckets[c.skeleton]
	m.buckets[c.skeleton] = c
	m.recent.push(c)
	m.stats.Created++
	m.extract(c, msg)
	return c
}

// remove forgets a cluster.
func (m *Miner) remove(c *cluster) {
	c.gone = true
	m.recent.drop(c)
	head := m.buckets[c.skeleton]
	if head != c {
		for head.sibling != c {
			head = head.sibling
		}
		head.sibling = c.sibling
		return
	}
	if c.sibling == nil {
		delete(m.buckets, c.skeleton)
		return
	}
	m.buckets[c.skeleton] = c.sibling
}
