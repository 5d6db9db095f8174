// Package perf times operations and says in the log what they cost: one record for each operation, and one summary of
// each operation in every interval, with percentiles that can be merged over services.
//
//	func denoise(ctx context.Context, in []float32) (out []float32, err error) {
//		defer perf.Start(ctx, "denoise").End(&err)
//		…
//	}
//
// The record of an operation carries operation, duration_ms and outcome, the error when there was one, what [Op.Set]
// added, and the operation around it as parent_operation. The outcome is success, failure, canceled, timeout or panic.
//
// [Measure] does the same around a function and hands it a context in which operations are children; [Log] takes a
// duration that somebody else measured. All three use the recorder of [SetDefault], without which they log through
// slog.Default() and write no summaries. [New] makes a recorder with a summary interval, thresholds for slow
// operations and, when asked, an execution trace of the last seconds beside the log when an operation was slow.
//
// # Summaries
//
// Once an interval a recorder logs for each operation: calls, errors, rate (per second), min_ms, p50_ms, p90_ms, p95_ms,
// p99_ms, max_ms, mean_ms, interval_ms, the trace of the slowest call, and histogram: the whole distribution in
// HdrHistogram's V2 compressed form, base64. Percentiles of several services cannot be averaged; [Merge] adds up their
// histograms, and the percentiles of the sum are exact to 1 %. The number of calls is not called count: that is how many
// records a collapsed one stands for, by which searches weigh. Summaries ask the samplers of the chain to keep them.
package perf
