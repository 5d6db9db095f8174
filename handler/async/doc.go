// Package async is a log/slog handler that takes the record and returns: workers hand it on to the next handler.
//
//	queue, err := async.NewHandler(sink, nil)
//	if err != nil { … }
//	defer queue.Close(ctx) // hands on what is queued, bounded by ctx
//	logger := slog.New(queue)
//
// In a pipe the queue is built by the middleware, and [Options.OnBuild] tells of it:
//
//	var queue *async.Handler
//	h := slogmulti.Pipe(mask, async.Middleware(&async.Options{
//		OnBuild: func(q *async.Handler) { queue = q },
//	})).Handler(sink)
//
// # Order
//
// The places are divided among rings, one for each worker. A record goes to the ring of its trace or request; without
// one, to the ring of its logger, where every logger derived by With or WithGroup counts as one of its own. Records of
// one ring are handed on one after the other, in the order in which they came. So what belongs together stays in
// order, and a logger that is used without a trace or request has the places of one ring: Capacity divided by Workers.
// With one worker everything is in order and shares all places.
//
// # When a ring is full
//
// [Options.Policy] decides: drop the newest record (the default), drop the oldest, or let the caller wait, up to a time.
// From [Options.WaitLevel] on, records wait rather than be dropped. Drops are never silent: Handle returns [ErrDropped],
// [Stats] counts them by level and reason, and every ten seconds in which something was dropped the next handler gets a
// record at WARN, [ReportMessage], with the counts since the last.
//
// # What the caller may rely on
//
//   - A record is handed on as it was at the log call: LogValuers are resolved, and values behind pointers, in maps,
//     slices and groups are copied or rendered, in the caller's goroutine. Scalars, times, and structs of such cost
//     nothing. Attributes of a context (Static and Scope of a root) are taken to be immutable.
//   - A cancelled context loses nothing. The next handler gets the context's values without its cancellation.
//   - A record for which Handle returned nil is handed on, or counted as failed or dropped: [Stats] balance.
//   - A next handler that hangs, fails or panics never holds the caller, except, by wish, for the wait of Block and
//     WaitLevel. Errors and panics go to [Options.OnError].
//
// # Latency
//
// Waking a worker for each record would cost the callers their tail latencies, so a worker that has run dry looks again
// after one millisecond, then less and less often, to ten; after about a quarter of a second it sleeps and the next
// record wakes it. A record of level ERROR and a ring that is half full wake it at once.
package async
