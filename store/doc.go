// Package store keeps log records in a directory: compressed by column, searchable in place, no server.
//
//	s, err := store.Open("logs", nil)
//	err = s.Append([]byte(`{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"track enhanced","stage":"denoise"}`))
//	err = s.Close(ctx)
//
// A record is a line: a JSON object as a logger writes it, or any other text. Its bytes come back exactly as they went in. One process
// writes a directory; any process reads it at the same time, through [OpenReader].
//
// # What is where
//
// New records go to a journal in the directory tail. When it has grown to a segment's size the records are sealed: encoded by
// column into one immutable file, under a temporary name, synced and renamed; then the journal forgets them. FORMAT.md beside
// this file describes the bytes. Compaction merges segments and compresses them harder, in the same way: the new file appears
// under its name, then the old ones go. So a record is in the directory at any moment, and a reader finds it once.
//
// # What a crash costs
//
// Nothing that is in a segment, ever. Of the tail, what Options.Sync says: nothing that Append has returned for with [SyncAlways]; at
// most the records of the last Options.Interval with [SyncInterval], the default, whether the process or the machine ends;
// with [SyncNone] the same when the process ends, and what the system had not written yet when the machine does. A torn end
// of the journal is cut and reported in [Recovery].
//
// # What goes, and what stays
//
// [Retention] removes what is too old or too much: by age, by bytes, by level, and by class, which is a query of package search with
// a time of its own. [Store.Erase] and [Store.EraseQuery] remove a subject's records at once and leave a receipt in the file
// erasures.jsonl, which names nobody. A [Hold], in the file holds.json, keeps what it matches from both until it is lifted.
//
// # Order
//
// Every record has an arrival number, which only grows. Segments and snapshots give records in that order.
package store
