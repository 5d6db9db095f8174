package correlate

import "github.com/sluicelog/sluice/internal/scope"

// Site is a call site and how many records were logged there without a request in their context. Its String is
// "file:line count".
type Site = scope.Site

// Sites is a list of call sites. Its String has one a line.
type Sites = scope.SiteList

// Report returns the call sites that logged outside any request, since the program started and as far as handler/enrich
// saw them, most records first. About 1,000 sites are told apart; the others, and records without a place, are counted in
// entries with an empty File. To watch it:
//
//	expvar.Publish("uncorrelated", expvar.Func(func() any { return correlate.Report() }))
func Report() Sites { return scope.Uncorrelated.List() }
