// Package sample decides which records are worth keeping, and says on those that are kept how many they stand for.
//
// # Sampling
//
// A [Handler] keeps a share of the records of each level and drops the rest:
//
//	h := sample.NewHandler(next, nil) // DEBUG .01, INFO .1, WARN .5, ERROR and CRITICAL 1
//
// The rate of a record is
//
//	base rate of its level × (1 − load factor) × importance
//
// and never above 1. The load factor comes from [Options.Load] (the fill of a queue, [CPU]) and [Options.MaxPerSecond],
// the highest of them; it does not touch ERROR and above. Importance is the product of the factors of the attributes
// that the record carries as true (user_facing 2, critical_path 1.5) and of 1.3 while errors are recent, capped at 3. An
// infinite factor exempts a record from sampling.
//
// A record that was kept at a rate below 1 carries the rate as sample_rate, at its root. Without the attribute a record
// stands for itself alone. Weighing each record by 1/sample_rate gives unbiased counts and sums.
//
// # Whole traces
//
// A record is kept when a hash of its trace, as a fraction of 1, lies below its rate: so the records of one trace that
// have one rate are kept or dropped together, in every process that samples so; where rates differ, the higher one keeps
// all that the lower one keeps. The trace is looked for in what an enriching handler found, in the context, in trace_id of the logger
// and of the record, and then the request in the same way (request_id). Records of which neither is known are drawn
// one by one. A rate that changes while a trace runs, with the load or a recent error, can cut the trace short; each
// record's sample_rate stays right.
//
// In a chain of two samplers rates multiply. They must draw by the same key, so either both stand behind the handler that
// finds the trace or both find it themselves, and handlers between them must be sluice's own, which hand sample_rate
// on beside the record.
//
// # Where to put it
//
// Behind the enriching handler a sampler weighs all attributes; before the masking one it saves masking what is dropped.
// It finds the attributes of a request and its trace in the context in either place. A dropped record costs no
// allocation and about what walking its attributes costs, and not that if its level and trace decide. A kept one costs
// no allocation before a handler of sluice; before any other, the attributes are copied to add sample_rate.
// [Options.Early] takes the decision into Enabled, before the record exists.
//
// # Buffering
//
// A [Buffer] decides later: it holds the debug and info records of a request, releases them in order when the request
// logs an error, and drops them when it ends well. It stands before the sampler, which lets released records
// pass:
//
//	slogmulti.Pipe(sample.BufferMiddleware(nil), sample.Middleware(nil)).Handler(sink)
//
// A request is what correlate's HTTP handler puts into the context, or what [Begin] starts.
package sample
