// Package bootstrap makes what the OpenSearch sink writes into: component and index templates, the data stream, and its
// retention. Nothing of it happens by itself: it takes permissions that a shipper should not have.
//
//	b, err := bootstrap.New(client, &bootstrap.Options{Stream: "logs-otel-v1-shop"})
//	report, err := b.EnsureTemplate(ctx) // once, by who deploys
//	report, err := b.Check(ctx)          // writes nothing: is the stream one, is its template of this version?
//
// # The mapping
//
// It comes from the one table of keys. Strings are keywords, the body is text, times are date_nanos, trace and span
// identifiers have no doc_values. Other attributes are mapped as they come: strings and booleans as keywords, numbers as
// doubles (a number that happens to be whole in the first document is no promise), up to [MaxFields] fields. A scalar of
// another type than before is stored and not indexed. What an index refuses all the same, a field too many, an object where
// a value was, the sink sends once more with those attributes under the field unmapped, a flat_object, in which any key and
// value fits and can be found.
//
// # Versions
//
// Templates carry a mark: who made them, [Version], and a hash of their content. EnsureTemplate writes only what differs,
// rolls the stream over so that the new mapping holds from then on, leaves templates of a later version alone, and refuses to
// replace one that Sluice did not make.
//
// # Retention
//
// Where the cluster has Index State Management a policy does it. Elsewhere a [Keeper] rolls over and deletes.
package bootstrap
