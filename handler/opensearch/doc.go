// Package opensearch is a sink: a [log/slog.Handler] that sends records to a data stream of OpenSearch, in bulk.
//
//	h, err := opensearch.NewHandler(&opensearch.Options{
//		Connection:  opensearch.Connection{URLs: []string{"https://logs:9200"}, Username: "app", Password: "file:/run/secrets/logs", CAFile: "ca.pem"},
//		Spool:       "/var/lib/app/spool",
//		DeadLetters: "/var/lib/app/dead.jsonl",
//	})
//	if err != nil { … }
//	defer h.Close(ctx) // delivers what is left, bounded by ctx
//
// The handler asks for nothing but to write: it never looks at the root of the cluster, and makes no template. Package
// bootstrap makes templates, data stream and retention, by an explicit call; [Options].Prepare makes such a call, until it
// succeeds, before anything is sent.
//
// # What the caller may rely on
//
//   - Handle never waits for OpenSearch. It encodes the record and puts it into memory, of MaxPending bytes at most, or, with Spool,
//     into a journal on disk. What finds no room is refused with [ErrFull] and counted; with [Block] the caller waits instead.
//   - A record for which Handle returned nil is delivered, or counted as failed or dropped: [Stats] balance. With Spool it
//     survives the end of the process.
//   - Every record is stored once, however often it is sent: documents are created under identifiers of their own, and
//     "it exists" is success.
//   - A rejected document holds up no other one, and goes to the file of dead letters with the reason.
//
// # What an answer means
//
//	2xx; 409                              stored
//	429, 502, 503, 504, 408, 402          sent again until it is taken
//	no answer, half of one, not readable  the same, under the same identifiers
//	401, 403; wrong URL; read-only index; the same, told once a minute, for RefusedFor, then given up
//	no such stream; limit of shards
//	other 5xx of a document               sent again ItemRetries times, then given up
//	400 of a document                     sent once more with its own attributes under the field unmapped, then given up
//	other 4xx of a document               given up
//	413; 429 of a request that is larger  halved, and the next requests are smaller
//	than the memory of the node
//	400 of a request that names its type  divided, down to the document that is the reason
//
// Given up means: written to DeadLetters, counted as Failed and reported. Waits are random parts of a bound that doubles up to
// MaxBackoff. While requests fail, one at a time is sent.
//
// # Rollover
//
// An identifier is unique in a backing index, not in the stream. A document that may be stored though no answer said so (a lost
// connection, a gateway's 504, a crash) is therefore sent again to the very index that was written to when it was first sent; after a
// rollover the indices that may have it are asked. This needs permission to see the data stream, to get by identifier and to
// update, as the role in deploy/opensearch/role-writer.json has it. Without, the document is created in the stream once more, which is
// exact as long as no rollover lies between, and counted in [Stats] as Unpinned. One gap is left: a request that the node carries out only
// after it was given up here, and after a rollover since.
//
// # Documents
//
// [Format] says how documents are spelled. Whatever is logged, a document is one that OpenSearch can read: keys are unique and
// no path in them is empty, blank or too deep, texts are valid UTF-8, numbers are finite. A record whose time is none that a date with nanoseconds can
// be (before 1970, after 2262, or zero) gets the time at which it was logged, under @timestamp and observedTimestamp; its own is kept
// as time among the attributes.
//
// # Cost
//
// A record of eight attributes costs about a microsecond of processor time to encode and queue, and no allocation. Batches are sent
// when they are full, or MaxAge after their first record; a node that is slow gets larger ones. What is sent again is cut out of
// the body, not encoded anew.
package opensearch
