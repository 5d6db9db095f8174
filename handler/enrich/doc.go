// Package enrich adds to every record what the log call does not say: which process, which request, which span, what
// kind of error.
//
//	logger := slog.New(enrich.NewHandler(slog.NewJSONHandler(os.Stdout, nil), nil))
//	logger.WithGroup("job").ErrorContext(ctx, "upload failed", "file", "a.wav", "err", err)
//
//	{"time":…,"level":"ERROR","msg":"upload failed",
//	 "@version":"1","service":"uploader","service_version":"v1.4.0","host":"box-3","process":{"pid":4711},
//	 "request_id":"…","trace_id":"…","span_id":"…","trace_flags":"01","transaction_id":"…","user_id":"…",
//	 "error":{"type":"*fs.PathError","message":"open a.wav: permission denied","chain":["permission denied"],
//	          "stack_trace":"main.upload\n\t/src/upload.go:31\n…","fingerprint":"8d6f1c0ab2e94d37"},
//	 "job":{"file":"a.wav"}}
//
// All of it goes to the root of the record, whatever groups the logger has opened. It works in front of any
// slog.Handler; in front of a handler of this module the attributes are handed on by reference, and a record without an
// error costs no allocation.
//
// # What is added
//
// The process: @version, service, service_version, environment, host, pod and process.pid, and everything else that
// OTEL_RESOURCE_ATTRIBUTES names; found out once, see [Options].
//
// The request: the identifiers and attributes that package correlate has put into the context of the log call. A record
// outside any request carries run_id, the identifier of this run of the program, instead, and is counted by call site
// for correlate.Report. It takes a context to know the request: log by InfoContext and its like.
//
// The span: with [Options.Span], the trace_id, span_id and trace_flags of the span that a tracer has started.
//
// The error: the record's attribute err or error becomes the group error, behind a mask else the first attribute that
// holds an error (a mask that is still to come has to see its key), with
//   - type, the first type in the tree of wrapped errors that says more than "wraps" or "text";
//   - message, its text, and chain, the texts of up to 15 errors that it wraps, where it wraps some;
//   - stack_trace, from ERROR on (see [Stack]): the stack that the innermost error was made with, where one has a method
//     Callers or StackTrace that returns program counters; else the stack of the log call;
//   - fingerprint, the same for all errors of a kind: a hash of the types, the message without numbers, identifiers and
//     quoted texts, and the function of the log call.
//
// Only the record's own attributes are looked at, not those of With, and none in groups. An error with a LogValue method
// is left to what that makes of it.
//
// And whatever an [Enricher] of [Options.Enrichers] finds out. [ByType] sends records to enrichers by their attribute
// type; package provider puts a cache and a budget before slow sources.
//
// Ready enrichers are in packages of their own, with what they need: geo (where a client's address is), system (how process and
// host are), audio (records of an audio pipeline), httprequest, occurrence (how often an error comes), provider (users,
// and any slow source); container and otel/resource find attributes of the process for [Options.Attrs].
//
// # Where it stands in a chain
//
// Behind the mask, in front of the sampler and the queue: mask, enrich, sample, async. All that is added is masked too when
// a mask of this module stands anywhere in front; then enrichers read the record's attributes as the mask has left them,
// and the fingerprint is that of the masked message. In front of the mask enrichers see what was logged, and
// attributes that they make of secrets carry keys that the mask does not know.
// In front of a sampler, attributes can weigh in its decision, at the price of enriching what is dropped. Behind a
// queue the request is still known, the stack trace is not: only the place of the log call is left of it.
package enrich
