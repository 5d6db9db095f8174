// Package correlate gives every record that is logged under a context the identifiers of the request it belongs to, and
// carries them from service to service.
//
// A server wraps its handler, a client its transport:
//
//	srv := &http.Server{Handler: correlate.Handler(mux, nil)}
//	client := &http.Client{Transport: correlate.Transport(nil, &correlate.TransportOptions{TrustedHosts: []string{"*.svc.example"}})}
//
// From then on slog.InfoContext(ctx, …), with the request's context, is enough: handler/enrich puts the identifiers at
// the root of the record, also for a logger in a group.
//
// # What a record says
//
//	request_id      one request of a client, through all services; a UUID of version 7 when the client sent none
//	trace_id        the W3C trace, 32 hex digits; one request_id has one trace_id
//	span_id         the stage of the trace that logs: one service's part of the request, or what Start began
//	parent_span_id  the stage that caused it; absent when a tracer made the span, since then the tracer records it
//	trace_flags     the W3C flags, 2 hex digits
//	span_name       the name given to Start
//	transaction_id  see below
//	session_id, user_id
//
// then the attributes given to [Attrs]. Outside any request a record has run_id, the identifier of this run of the
// program ([Process]). [Report] names the places in the source that log there, so that "all records correlate" is a
// figure that can be watched.
//
// A transaction may span several requests, and is then named by the program ([IDs.Transaction]). Without a name it is
// inferred, in every service alike: it is the trace's 32 hex digits; without a trace, the first 16 bytes in hex of
// SHA-256 over session, a zero byte, and request; without a request there is none.
//
// # Where contexts come from
//
//   - [Handler] begins a request for every HTTP request, [Extract] for every message, [Begin] for a batch job, a timer or
//     a worker. [Begin] also marks the end, which per-request state of other handlers waits for.
//   - [With] and [Attrs] add to what is there, for example the user once it is known.
//   - [Start] begins a stage of its own, for a goroutine or a step that deserves to be told apart; [Go] runs a goroutine so,
//     and [Job] and [Run] what a scheduler calls and the items of a batch. They log panics.
//   - Package grpccorrelate has interceptors for both sides of gRPC; [Map], [Values], [Table] and [List] make carriers of what
//     message brokers have as headers, without their client libraries.
//   - Work that goes on after the response keeps its identifiers through context.WithoutCancel.
//
// What these return is immutable and built once: logging takes it by reference.
//
// # On the wire
//
// The trace travels as W3C traceparent and tracestate, the request as X-Request-ID, to everybody. Session, user and a
// transaction that was named travel as members of the W3C baggage (session_id, user_id, transaction_id), to trusted
// receivers alone ([TransportOptions.TrustedHosts], [InjectTrusted]), and so does the baggage that the context holds. They
// are kept out of the context's own baggage, so that no other propagator carries them to strangers.
//
// What comes in is checked before anything is done with it: an identifier has 1 to 128 characters of A-Z a-z 0-9 and
// ._:/+=@-, X-Request-ID and traceparent do not contradict themselves, baggage is cut at 64 members or 8 KiB before it is
// parsed. What fails is not logged, sent on or echoed, but replaced, and counted ([Refused]).
//
// A receiver believes who sends: behind a gateway that is what one wants. A handler that strangers can reach sets
// [HandlerOptions.PublicEndpoint], and one that takes strangers' messages uses [ExtractPublic].
//
// # Beside OpenTelemetry
//
// No SDK is needed: without one the spans are made here, and put into the context as remote spans, so that
// OpenTelemetry's propagators and log bridges name the same. With one, its spans win: put its middleware around
// [Handler] (and [Transport] inside its transport), and the records carry the identifiers of the spans that it exports.
// A trace that is made here says "sampled", as the default sampler of an SDK would; see [HandlerOptions.Unsampled].
package correlate
