package compress

import "sync/atomic"

// Stats are the books of a handler. They balance: Offered = Delivered + Failed + Collapsed + Refused + Held, at any
// moment.
type Stats struct {
	Offered   uint64 // records that came
	Delivered uint64 // records that the next handler took without an error, those of groups included
	Failed    uint64 // records for which the next handler returned an error or panicked; all that a group's record stood for
	Late      uint64 // of Failed: those for which Handle had returned nil
	Collapsed uint64 // records that a group's record stands for, beside itself
	Refused   uint64 // records that came after Close
	Held      int    // records that wait, or are in the hands of the next handler

	Groups  uint64 // groups of which one record was made
	Urgent  uint64 // records of PassLevel and above, which passed at once
	Crowded uint64 // records that passed at once because too many windows waited
	Panics  uint64 // panics of the next handler; their records are among Failed

	Templates int // message templates known now
}

type counter = atomic.Uint64

// books are the counters that Stats are made of.
type books struct {
	offered, delivered, failed, collapsed, refused counter
	groups, urgent, crowded, panics, late          counter
}

// lose counts records that were held and that the next handler did not take.
func (b *books) lose(n uint64) {
	b.failed.Add(n)
	b.late.Add(n)
}

// Stats returns the books as they are now.
func (h *Handler) Stats() Stats {
	c := h.core
	b := &c.books
	s := Stats{
		Delivered: b.delivered.Load(), Failed: b.failed.Load(), Late: b.late.Load(), Collapsed: b.collapsed.Load(), Refused: b.refused.Load(),
		Groups: b.groups.Load(), Urgent: b.urgent.Load(), Crowded: b.crowded.Load(), Panics: b.panics.Load(),
	}
	// What came is read last, so that no record counts as handed on and not as offered.
	s.Offered = b.offered.Load()
	s.Held = int(s.Offered - s.Delivered - s.Failed - s.Collapsed - s.Refused)
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Templates = c.miner.Stats().Templates
	return s
}
