// Package provider enriches records with what a slow source knows: the plan of a user, the owner of a host, the parts of
// a user agent. Answers are cached, fetched in the background, and never block a log call for longer than a budget.
//
//	users, err := provider.Cached("user", "user_id", provider.Func(lookUpUser), nil)
//	…
//	defer users.Close(ctx)
//	h := enrich.NewHandler(next, &enrich.Options{Enrichers: []enrich.Enricher{users}})
//
// A record with user_id in its attributes, its logger's, or its request's gets a group user at its root. The first record
// of a user waits up to [Options.Budget] (500 µs) for the provider. When the answer comes later, the record goes on
// with user.pending = true, and the answer is there for the next one. While a key is being fetched nobody asks for it again,
// and nobody waits for it past the first one's budget, so that a slow provider costs a key one budget and not one a
// record.
//
// Errors are remembered for a short while, so that a provider that is down is not asked for every record; records
// go on without the group then. [Cache.Stats] counts all of it.
//
// The attribute is looked up as the enricher sees it: a mask in front of it may have replaced the value.
//
// What answers in less than a microsecond (a map, a local database of networks) needs no cache: make it an
// [enrich.Enricher] of its own.
package provider
