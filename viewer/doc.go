// Package viewer is a web page over a [search.Searcher]: search, histogram, facets, live tail, a record with all that
// surrounds it, charts of operations, export, and a link to every state of the page.
//
//	page, err := viewer.New(searcher, nil)
//	http.Handle("/logs/", http.StripPrefix("/logs", page))
//
// The page is made of files that the program embeds; it asks no other host for anything. It works under any prefix.
//
// # Who may see what
//
// The handler itself lets everybody in who can reach it. Options.Authorize decides about each request, Options.Forced and
// Options.Hide bound what a request can find: they go into the query's tree, and nothing that a query says escapes them. A
// handler that listens on the loopback interface should set Options.Hosts, so that a page of another site cannot reach it
// through a name that it has pointed there.
//
// # Log text is hostile
//
// It reaches the page as JSON and is set as text alone. A Content-Security-Policy without inline scripts and styles stands
// behind that. No request may take longer than Options.Timeout, and none returns more than Options.MaxRows records, the
// export and the tail aside, which are bounded by their own.
package viewer
