package jsonline

import (
	"log/slog"
	"time"
)

// Time reads a value as the time of a record: RFC 3339, the spellings that are near to it, and seconds, milli-, micro- or
// nanoseconds since 1970, as their size tells.
func Time(v slog.Value) (time.Time, bool) { return parseTime(v) }
