// Package compliance answers for the records of people: it erases a subject everywhere with one receipt, places and lifts legal
// holds, and reports what is collected, masked, kept and erased.
//
//	e := compliance.Erasure{
//		Query: search.MustParse("user_id:u_123"), Subject: "u_123", Reason: "request 7", By: "dpo",
//		Places: []compliance.Place{compliance.StoreDir("logs"), compliance.OpenSearch(searcher)},
//		Trail: trail, Log: slog.New(auditHandler),
//	}
//	receipt, err := e.Run(ctx)
//
// # What an erasure does
//
// In each [Place] it removes what the query finds, in the one language of package search. Then it destroys the subject's key, so that the
// sealed fields of the audit log cannot be opened and its tokens, wherever they lie, cannot be linked any more. At last it
// records the receipt in the audit log: what was done where, how often, when and by whom, with failures. The receipt names the
// subject by a keyed hash whose key is random and kept nowhere: who gets it from Run can show whose receipt it is.
//
// What a legal hold covers stays, and the receipt counts it. An erasure that fails midway is recorded as a failure; run it
// again for the rest.
//
// # What it cannot do
//
// Freed blocks of a file system that copies on write, flash, snapshots and backups keep what was in removed files; so do OpenSearch's
// snapshots, and its segments until they are merged, for which Run asks. What was sent to others is theirs to erase. A query
// finds what names the subject in a field that it asks about: texts that mention a person elsewhere want a query of their own.
//
// # Retention and holds
//
// Classes of retention, by level, attribute or any query, are options of package store (Retention.Classes) and of package
// handler/opensearch/bootstrap. Holds are in the store's directory (store.Hold); [PlaceHold] and [LiftHold] record them.
package compliance
