package template

// find returns the cluster of the message, a new one when none fits. Only clusters with the same separators are looked at.
func (m *Miner) find(msg string) *cluster {
	toks := m.toks.list[:m.toks.n]
	m.near = m.near[:0]
	var typed *cluster
	for c := m.buckets[m.toks.skeleton]; c != nil; c = c.sibling {
		if len(c.slots) != len(toks) {
			continue // another skeleton of the same hash
		}
		d := compare(c.slots, toks)
		switch {
		case d.words+d.typed == 0:
			if m.extract(c, msg) {
				return c
			}
		case 10*d.same < similar*len(toks)-similar*d.variables:
		case d.words == 0 && typed == nil:
			typed = c
		default:
			m.near = append(m.near, c)
		}
	}
	if typed != nil {
		// A number where a word stood, or the reverse: no need to wait for more.
		for i := range toks {
			m.vary[i] = typed.slots[i].kind != constant || toks[i].kind != constant
		}
		if m.generalise(typed, msg) {
			return typed
		}
	}
	if m.places(toks) {
		if c := m.merge(toks, msg); c != nil {
			return c
		}
	}
	return m.add(msg)
}

// difference counts how the tokens of a message relate to the slots of a cluster.
type difference struct {
	same      int // equal words
	words     int // unequal words
	typed     int // variables of another kind, variables instead of words and the reverse
	variables int // variables in both
}

func compare(slots []slot, toks []token) (d difference) {
	most := (10 - similar) * len(toks) / 10
	for i := range slots {
		s, t := &slots[i], &toks[i]
		switch {
		case s.kind == constant && t.kind == constant:
			if s.hash == t.hash {
				d.same++
				continue
			}
			if d.words++; d.words > most {
				return d
			}
		case s.kind == t.kind:
			d.variables++
		case s.kind == Word, s.kind == Quoted && (t.kind == constant || t.kind == Word):
			if t.kind != constant {
				d.variables++
			}
		default:
			d.typed++
		}
	}
	return d
}

// places marks the places at which the message and the clusters near it vary. It says no when there is nothing to merge.
func (m *Miner) places(toks []token) (merge bool) {
	if len(m.near) == 0 {
		return false
	}
	for i := range toks {
		m.vary[i] = toks[i].kind != constant
		enough := m.opts.Distinct
		if toks[i].valued {
			enough -= enough / 4
		}
		if !m.vary[i] && m.distinct(i, toks[i].hash, enough) {
			m.vary[i], merge = true, true
		}
	}
	return merge
}

// distinct says whether a place has so many different words, or a variable.
func (m *Miner) distinct(place int, word uint64, enough int) bool {
	var seen [maxDistinct]uint64
	seen[0] = word
	n := 1
near:
	for _, c := range m.near {
		s := &c.slots[place]
		if s.kind != constant {
			return true
		}
		for _, h := range seen[:n] {
			if h == s.hash {
				continue near
			}
		}
		seen[n] = s.hash
		if n++; n >= enough {
			return true
		}
	}
	return false
}

// merge makes one cluster of those near the message that agree with it at all places that do not vary; nil when there are none.
func (m *Miner) merge(toks []token, msg string) *cluster {
	var into *cluster
	for _, c := range m.near {
		if !m.agrees(c, toks) {
			continue
		}
		if into == nil {
			into = c
			continue
		}
		for i := range into.slots {
			a, b := &into.slots[i], &c.slots[i]
			if a.kind != constant && b.kind != constant {
				a.kind = a.kind.join(b.kind)
			} else if a.kind != b.kind {
				a.kind = max(a.kind, b.kind).join(Word)
			}
		}
		m.aliases.add(c.template.id, into.template.id)
		m.stats.Merged++
		m.remove(c)
	}
	if into == nil || !m.generalise(into, msg) {
		return nil
	}
	return into
}

// agrees says whether c has the words of the message at all places that do not vary.
func (m *Miner) agrees(c *cluster, toks []token) bool {
	for i := range toks {
		if !m.vary[i] && (c.slots[i].kind != constant || c.slots[i].hash != toks[i].hash) {
			return false
		}
	}
	return true
}

// generalise gives c a template with variables at the places that vary. It says no when the message does not fit even so.
func (m *Miner) generalise(c *cluster, msg string) bool {
	toks := m.toks.list[:m.toks.n]
	for i := range c.slots {
		s, t := &c.slots[i], &toks[i]
		if !m.vary[i] {
			continue
		}
		switch {
		case s.kind == t.kind && s.kind != constant:
		case t.inQuotes(msg):
			s.kind = Quoted
		case s.kind == constant || t.kind == constant:
			s.kind = Word
		default:
			s.kind = s.kind.join(t.kind)
		}
	}
	id := c.template.id
	c.template = render(msg, toks, c.slots)
	c.template.id = id
	return m.extract(c, msg)
}
