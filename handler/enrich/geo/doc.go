// Package geo enriches records with where a client's address is, from files in MaxMind's format (GeoLite2, GeoIP2, DB-IP).
//
//	places, err := geo.Open(&geo.Options{Files: []string{"country.mmdb", "asn.mmdb"}})
//	…
//	defer places.Close(ctx)
//	h := enrich.NewHandler(next, &enrich.Options{Enrichers: []enrich.Enricher{places}})
//
// A record with a client's address gets at its root
//
//	"geo":{"country":"SE","country_name":"Sweden","continent":"EU","asn":64500,"as_org":"Example Net"}
//
// and with [Options.City] and [Options.Coordinates] city, latitude and longitude: where somebody is, is personal data, so
// this is asked for. Addresses of private and reserved networks are in no file; they get {"range":"private"} and its like
// ([Range]).
//
// # Where the address comes from
//
// First from the context, where [WithAddress] has put it, then from the record's attributes under [Options.Keys]. A mask in
// front of the enricher hides addresses under the keys of clients, so behind a mask the context is the way:
// [Handler] puts the address of every HTTP request there. Forwarded headers are believed only where
// Handler is told how many proxies stand in front.
//
// # Cost
//
// A look-up takes about as long as one in a cache, so there is none in front of it; what is remembered is the
// group of attributes of a network, so that records of one network share it. The files are read into memory, not
// mapped: a file that is cut while it is mapped would end the process. They are looked at again every ten seconds, and a new
// version takes the place of the old one between two look-ups. A new version that cannot be read is reported, and the
// old one stays.
//
// No database is part of this module: their licences want to be agreed to.
package geo
