// Package scan finds personal data and credentials in text, in one pass over its bytes.
//
// The pass knows a handful of signs: the at sign, = and : after the name of a secret, a run of digits, a word that
// is long or mixes digits with letters, dashes before BEGIN, an escape. What has none of them costs a table look-up
// a byte. At a sign a checker decides: it widens to the left and to the right, tests the bounds, checksums, issuers'
// ranges and lengths, and reads the words before for what they speak of. There is no regular expression.
//
// What is found is the secret alone: the value and not its key, without quotes, never half a character or half an
// escape of a JSON string. Percent-encoding (also twice) and \u0040 are read through a decoded view of bounded size.
//
// Rules lists every kind with examples and counter-examples.
package scan
