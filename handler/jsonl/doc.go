// Package jsonl is a sink: a [log/slog.Handler] that writes each record as one line of JSON to an [io.Writer].
//
//	h := jsonl.NewHandler(os.Stdout, nil)
//	slog.New(h).Info("track enhanced", "stage", "denoise", "duration_ms", 12.5)
//
// writes
//
//	{"time":"2026-03-01T12:00:00.123456789+01:00","level":"INFO","msg":"track enhanced","stage":"denoise","duration_ms":12.5}
//
// The zero [Options] are meant for production: INFO and above, values up to 32 KiB, records up to 1 MiB.
//
// # The line
//
// First come time (RFC 3339 with nanoseconds and the offset that the time has; left out when zero), level, msg and, if
// asked for, source. Then come the attributes that the handlers of this module put at the root of a record, then those of the
// logger and of the record, groups as objects. Levels are DEBUG, INFO, WARN, ERROR and, four above, CRITICAL; a level
// between two is named by the lower one: INFO+2.
//
// Values are written as [log/slog.JSONHandler] writes them: without HTML escapes, durations as integer nanoseconds,
// times in RFC 3339, and whatever else as encoding/json does. Errors and fmt.Stringers are their text, unless they
// implement json.Marshaler. A []byte that holds a JSON object or array, and a json.RawMessage that holds JSON, are
// embedded; any other []byte is base64.
//
// # Whatever is logged, the line is valid
//
// A line is one line, it is valid JSON in UTF-8, and no object in it has a key twice.
//
//   - Of equal keys the last keeps the name; the earlier ones become key#2, key#3, in their order.
//   - At the root, an attribute called time, level, msg, source or record_cut, or like a root attribute of the same record, is
//     written as attr.<key>.
//   - Dots at the ends of a key become underscores, one each; an empty key becomes _.
//   - Invalid UTF-8 becomes U+FFFD; NaN and the infinities become "NaN", "+Inf", "-Inf".
//   - Objects nested deeper than MaxDepth become strings that hold their JSON.
//   - A value longer than MaxValue is cut, and ends in a mark that says how long it was: …[40000 bytes].
//   - A record longer than MaxRecord is cut where it is widest: each value up to some size stays whole, so identifiers and
//     figures survive a long dump beside them. The member record_cut says how long it was.
//   - A value whose method panics becomes "!PANIC: …", one that cannot be marshalled "!ERROR: …", a nil pointer whose method
//     panics "<nil>".
//
// All of this is counted, see [Stats].
//
// # Cost
//
// The attributes of a logger (With) are encoded once, and so are those of a request. A record of ten attributes costs
// less than half of what slog.JSONHandler takes, and nothing is allocated for strings, numbers, booleans, durations,
// times, and groups of these.
package jsonl
