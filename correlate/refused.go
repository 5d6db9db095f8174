package correlate

import "sync/atomic"

// Refusals count, since the program started, what was not let in or out.
type Refusals struct {
	// Requests, Traces, Sessions, Users and Transactions that came in and were not well-formed, or contradicted
	// themselves; each was treated as missing.
	Requests, Traces, Sessions, Users, Transactions uint64
	// Baggage that came in and was malformed or too big, in whole or in part; what was good of the first 64 members and
	// 8 KiB was kept.
	Baggage uint64
	// Outgoing identifiers that the program gave to With and others would refuse; they were not sent.
	Outgoing uint64
}

var refused struct {
	requests, traces, sessions, users, transactions, baggage, outgoing atomic.Uint64
}

// Refused returns the counts of this process.
func Refused() Refusals {
	return Refusals{
		Requests:     refused.requests.Load(),
		Traces:       refused.traces.Load(),
		Sessions:     refused.sessions.Load(),
		Users:        refused.users.Load(),
		Transactions: refused.transactions.Load(),
		Baggage:      refused.baggage.Load(),
		Outgoing:     refused.outgoing.Load(),
	}
}
