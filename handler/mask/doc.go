// Package mask keeps secrets and personal data out of logs.
//
// A [Handler] is a slog.Handler that masks each record before it hands it on. The zero options are the recommended
// setting:
//
//	logger := slog.New(mask.NewHandler(slog.NewJSONHandler(os.Stdout, nil), nil))
//	logger.Info("mail sent to ada@example.org", "password", "hunter2")
//	// {"msg":"mail sent to [EMAIL_REDACTED]","password":"[REDACTED]"}
//
// [Middleware] is the same for slogmulti.Pipe. A [Masker], from [New], masks texts and lines outside of a logger.
//
// # What is masked
//
// Keys: whatever stands under password, token, api_key, authorization, cookie, ssn, card_number and their like is masked
// whatever it looks like, group or scalar. A key is compared by whole words, in any style (userPassword, user-password, USER_PASSWORD),
// and matches at its end: tokens_used, token_count, secretary and key_id are none. An empty text and nil stay as they are. The correlation
// identifiers (request_id, session_id, trace_id, …) stay readable: they are what records are found by, and session_id is the identifier
// that the correlate package writes, not a session's secret; session_token and cookies are secrets. Under such keys text is
// searched for all patterns but long random strings. The words of any other key speak for the text under it, as words before a number
// in a text do: ten digits under "callback" are a telephone number, under "offset" they are not.
//
// Patterns: text anywhere is searched for mail addresses, phone numbers, social security numbers, payment cards, IBANs, tokens and
// keys of vendors, private keys, credentials in headers and URLs, and more. [Rules] lists what is found and what is left, with examples;
// sluice mask --rules prints it. The match is replaced, not the text around it. IP addresses are masked under keys that hold a client's
// address, and everywhere with Options.IP; they, MAC addresses, dates of birth and the national identifiers of 34 countries are off by
// default (Options.AllKinds). Options.Patterns adds rules of one's own.
//
// Entities: what has no pattern is found by a [Detector], when there is one.
//
// # Where
//
// In the message, in the attributes of records and of loggers (masked once, at With), in groups, under the name of a group, and in values of every
// kind: maps, structs, pointers, lists, errors and all that they wrap, Stringers, marshalers, []byte, JSON in bytes and in
// strings at any depth, http.Header, url.URL, *http.Request, LogValuers wherever they are. Keys that are secrets themselves are masked too. Fields of
// structs can say what they are:
//
//	Card string `mask:"last4"` // redact, last4, hash, drop, allow or "-"
//
// A value with nothing to mask is handed on as it is, at no allocation. In the other case a copy takes its place, with the names and the order of
// its JSON, that shares nothing with the original; the caller's data is never written to. An error becomes one that has the masked
// texts of its chain and its type's name. LogValuers are resolved in the caller's goroutine.
//
// [Masker.Findings] says which rule masked something at which attribute path, so that a team sees where its code leaks;
// Options.ReportInterval has a record say it from time to time. [Masker.Explain] says which rule finds what in a text, and how sure it is.
//
// # Pseudonyms
//
// The action Hash puts a token in the place of a value, the same for the same value, made with a secret key (Options.HashKey). Each token
// bears the identifier of its key, so that a key can be changed: [Masker.Pseudonyms] tells a value's tokens under the
// current and the former keys. A pseudonym is still personal data: records of one person stay linked, and who holds the key can find out whose
// they are by trying. Keep the key apart from the logs, and mask by Redact what nobody has to correlate.
//
// # Limits
//
// What cannot be looked into is masked, not passed: functions and channels, methods that panic, values that change while
// they are looked at ([UNINSPECTED]); what is nested deeper than 10 levels ([DEPTH_LIMIT_EXCEEDED]), cycles ([CYCLE]), graphs with more than
// 65,536 values on their paths ([SIZE_LIMIT_EXCEEDED]). A text over 256 KiB is cut at white space, and a mark says how much was cut off.
// Masking twice is masking once: a text is masked again until nothing more is found in it, and one that does not come to rest is masked whole.
//
// # Where in a chain
//
// Before everything that stores, matches, retries or spills. Root attributes that other handlers of sluice hand on are masked whether
// they were added before or after: the mask goes down the chain with the record. Behind a sampler it costs nothing for what is
// dropped; the sampler then sees unmasked attributes, in the process.
//
// # What it does not do
//
// Numbers are searched for payment cards only. []byte that is not text is searched as it is, not decoded from base64. A secret that no
// pattern knows, under a key that says nothing, passes: name the key in Options.Keys, or tag the field.
package mask
