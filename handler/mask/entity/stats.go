package entity

// Stats are the counters of a Masker, since it was made.
type Stats struct {
	// Masked is how many entities were masked, by type; OTHER counts types that only the Detector knows.
	Masked map[string]uint64
	// Texts is how many texts were searched, those without a capital letter aside.
	Texts uint64
	// Tagged is how many of them the tagger looked at, and Cached how many it remembered.
	Tagged, Cached uint64
	// Uninspected is how many values could not be looked into, and were masked whole.
	Uninspected uint64
	// Detector is about Options.Detector; zero without one.
	Detector GuardStats
}

// Stats returns the counters. The map is the caller's.
func (m *Masker) Stats() Stats {
	s := Stats{
		Masked: make(map[string]uint64), Texts: m.texts.Load(), Tagged: m.tagger.tagged.Load(), Cached: m.tagger.cached.Load(), Uninspected: m.unseen.Load(),
	}
	for l, name := range typeOf {
		if l == 0 {
			name = "OTHER"
		}
		if n := m.counts[l].Load(); n > 0 {
			s.Masked[name] = n
		}
	}
	if m.guard != nil {
		s.Detector = m.guard.Stats()
	}
	return s
}
