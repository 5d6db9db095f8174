// Package search is the query language of Sluice and the interface of what it is asked of: a local store, files of JSON
// lines (package search/lines) and OpenSearch (package search/opensearch) answer the same queries with the same records.
//
//	q, err := search.Parse(`level>=warn stage:denoise duration_ms>5s "disk full"`)
//	result, err := searcher.Search(ctx, &search.Request{Query: q, From: time.Now().Add(-time.Hour)})
//
// # The language
//
// It is written as in Lucene and KQL, with real precedence: NOT binds tightest, AND tighter than OR. What stands side by side
// is joined by AND. Operators may be written in any case; in quotes they are words.
//
//	query      = [ or ]                                an empty query matches every record
//	or         = and { ( "OR" | "||" ) and }
//	and        = not { [ "AND" | "&&" ] not }
//	not        = { "NOT" | "-" | "!" } primary
//	primary    = "(" or ")" | "*" | field condition | value
//	condition  = ":" ( "*" | value | "(" or ")" | interval | comparison ) | comparison
//	comparison = ( ">" | ">=" | "<" | "<=" ) literal
//	interval   = ( "[" | "{" ) bound "TO" bound ( "]" | "}" ) | [ literal ] ".." [ literal ]
//	bound      = "*" | literal
//	value      = word | '"' phrase '"' | "/" expression "/" [ "i" ]
//	literal    = word | '"' text '"'
//
// Within field:( … ) values, intervals and comparisons are that field's: level:(warn or error). A word ends at white space and
// at a parenthesis; one without a field also at ":", "<" and ">". A backslash takes the special meaning of what follows it. In a word, "*" stands for any
// characters and "?" for one. A value in slashes is a regular expression when what follows the second slash ends the word:
// /re+/ is one, /v2/audio is a word.
//
// # What matches
//
// A field is named by its path on the JSON line, groups joined by dots: http.status. A record without the field matches no
// condition on it, and so matches its negation. A list matches when one of its elements does; null and an empty list count
// as missing.
//
//   - msg, error.message, error.stack_trace and audit.reason are text. A value matches when its words stand in the text side by side, in order and
//     in any case: msg:"disk full". A wildcard and a regular expression are held against each word, folded to lower case. What a word
//     is: package internal/words, which follows Lucene's standard tokenizer.
//   - A value without a field is searched in msg and in error.message.
//   - level is compared by severity: level>=warn; level:error finds ERROR in any case, level:fatal CRITICAL.
//   - time, first_occurrence and last_occurrence are times. A literal is RFC 3339, also shortened to 2026-03-02T08:00 (a minute) or
//     2026-03-02 (a day), UTC without an offset; or "now", "-15m", "now-1d" (units s m h d w), relative to [Request.Now]. A day
//     matches all of its records, time>2026-03-02 those after it.
//   - Every other field holds strings, numbers and booleans. A value matches a string that equals it, case included, or a number that is equal (5, 5.0
//     and 5e0), or true and false. A wildcard and a regular expression match whole strings, and no numbers.
//
// A comparison and an interval with a literal that is a number hold for numbers alone, others for strings alone, byte by byte; in quotes a
// literal is a string. Numbers may have a unit: durations (ns us µs ms s m h d w: 1.5s) are converted to the unit at the end of the
// field's name (_ns _us _ms _s _seconds _minutes _hours), nanoseconds where it has none, as slog writes a time.Duration; sizes (B kB MB GB TB,
// KiB MiB GiB TiB) to that of _kb _mb _gb _kib _mib _gib, bytes where it has none.
//
// Regular expressions match the whole value and have the operators that RE2 and Lucene share: | * + ? {n,m} . [ ] ( ) and the classes
// \d \w \s; "i" after the last slash ignores case.
//
// # Sampling
//
// Records that were sampled carry sample_rate, collapsed ones count. With [Request.Weigh] totals and aggregations count each
// record count/sample_rate times, so that they are true for what was logged rather than for what was kept.
//
// # Tenants
//
// [Request.Forced] is joined to every query by AND in the tree, not in the text, and [Request.Hide] takes fields out of
// queries, sorting, aggregations and what is shown: neither can be escaped by anything that a query says.
package search
