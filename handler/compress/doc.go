// Package compress is a log/slog handler that makes one record, with a count, of many that say the same.
//
//	h, err := compress.NewHandler(sink, nil)
//	if err != nil { … }
//	defer h.Close(ctx) // hands on what is held, bounded by ctx
//	logger := slog.New(h)
//
// # What is the same
//
// Records are alike when they have one level, one message template (see package template) and the same attribute keys, on
// the logger and on the record, whatever the values. They are gathered in a window: 1,000 records, or one second after the
// first, whichever comes sooner. At its end a group of more than five becomes one record, and the records of smaller
// groups pass unchanged, all in the order in which they, or the first of their group, came.
//
// The record of a group has the time, level and call site of the first, the template as its message, and at its root:
//
//	count              records that it stands for
//	first_occurrence   the earliest time among them
//	last_occurrence    the latest
//	template           the message again, under a key of its own
//	sample             the first record's attributes, those of its logger and of its request included
//	summary            for each numeric attribute min, max and mean, in the groups that the attribute is in
//
// Attributes of the process stay at the root. Those of a request do if all records of the group are of that request.
//
// # Sampling
//
// A record that a sampler kept at rate r stands for 1/r records. The rate of a group's record is its count divided by what
// its records stand for, so that count/sample_rate is the number of records that there were before sampling.
//
// # Errors
//
// Records of level ERROR and above pass at once, in the caller's goroutine, before what is held; they are counted. So
// are records that come while four windows wait for a slow next handler: nothing is lost, and nobody waits for the
// window's goroutine.
//
// # Order and context
//
// Except for those, records are handed on by one goroutine, so a record's context comes without its cancellation and
// without a deadline. Values that could change after the call are frozen first, in the caller's goroutine. What the next handler
// returns for a record that was held goes to [Options.OnError] and into [Stats], which balance.
package compress
