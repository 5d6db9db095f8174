// Package jsonline reads lines of a log as records: JSON objects in the spellings that loggers use, anything else as text.
package jsonline

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sluicelog/sluice/level"
)

// The names under which loggers write a record's own fields, the usual one first.
var (
	TimeKeys    = []string{slog.TimeKey, "ts", "timestamp", "@timestamp"}
	LevelKeys   = []string{slog.LevelKey, "severity", "lvl"}
	MessageKeys = []string{slog.MessageKey, "message"}
)

// Parse returns the line, without its end, as a record. A JSON object gives time, level and message where it has them
// (level INFO otherwise), and its other members as attributes in their order: objects as groups, numbers with all their digits,
// lists as json.RawMessage. Any other line becomes the message. Nothing of a line is lost; ok says whether it was an object.
func Parse(line []byte) (r slog.Record, ok bool) {
	var attrs []slog.Attr
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff"))) // a byte order mark is no part of the text
	if len(trimmed) > 0 && trimmed[0] == '{' {
		attrs, ok = object(trimmed, 0)
	}
	if !ok {
		return slog.NewRecord(time.Time{}, slog.LevelInfo, string(line), 0), false
	}
	var at time.Time
	l, msg := slog.LevelInfo, ""
	attrs, _ = take(attrs, TimeKeys, func(v slog.Value) bool { at, ok = Time(v); return ok })
	attrs, _ = take(attrs, LevelKeys, func(v slog.Value) bool { l, ok = parseLevel(v); return ok })
	attrs, _ = take(attrs, MessageKeys, func(v slog.Value) bool { msg = v.String(); return v.Kind() == slog.KindString })
	r = slog.NewRecord(at, l, msg, 0)
	r.AddAttrs(attrs...)
	return r, true
}

// take removes the first attribute that has one of the keys and that use accepts.
func take(attrs []slog.Attr, keys []string, use func(slog.Value) bool) ([]slog.Attr, bool) {
	for _, k := range keys {
		for i, a := range attrs {
			if a.Key == k && use(a.Value) {
				return append(attrs[:i], attrs[i+1:]...), true
			}
		}
	}
	return attrs, false
}

// maxGroups is how deep objects become groups; deeper ones stay JSON.
const maxGroups = 64

// object reads a JSON object with nothing behind it.
func object(text []byte, depth int) ([]slog.Attr, bool) {
	if !utf8.Valid(text) {
		return nil, false // the decoder would replace what it cannot read
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return nil, false
	}
	var attrs []slog.Attr
	for dec.More() {
		key, err := dec.Token()
		name, isString := key.(string)
		if err != nil || !isString {
			return nil, false
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, false
		}
		attrs = append(attrs, slog.Attr{Key: name, Value: value(name, raw, depth)})
	}
	if _, err := dec.Token(); err != nil {
		return nil, false
	}
	return attrs, len(bytes.TrimSpace(text[dec.InputOffset():])) == 0
}

func value(key string, raw json.RawMessage, depth int) slog.Value {
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return slog.StringValue(s)
		}
	case 't', 'f':
		return slog.BoolValue(raw[0] == 't')
	case 'n':
		return slog.AnyValue(nil)
	case '{':
		// slog drops empty groups and inlines those without a name.
		if key != "" && depth < maxGroups {
			if attrs, ok := object(raw, depth+1); ok && len(attrs) > 0 {
				return slog.GroupValue(attrs...)
			}
		}
	case '[':
	default:
		return Number(string(raw))
	}
	return slog.AnyValue(raw)
}

// Number keeps the digits as they are written.
func Number(s string) slog.Value {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(i, 10) == s {
		return slog.Int64Value(i)
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil && strconv.FormatUint(u, 10) == s {
		return slog.Uint64Value(u)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if b, err := json.Marshal(f); err == nil && string(b) == s {
			return slog.Float64Value(f)
		}
	}
	return slog.AnyValue(json.RawMessage(s))
}

// Time reads RFC 3339, and seconds, milli-, micro- or nanoseconds since 1970 as their size tells.
func Time(v slog.Value) (time.Time, bool) {
	switch v.Kind() {
	case slog.KindString:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00"} {
			if t, err := time.Parse(layout, strings.Replace(v.String(), ",", ".", 1)); err == nil {
				return t, true
			}
		}
	case slog.KindInt64:
		n := v.Int64()
		switch {
		case n < 1e8:
		case n < 1e11:
			return time.Unix(n, 0).UTC(), true
		case n < 1e14:
			return time.UnixMilli(n).UTC(), true
		case n < 1e17:
			return time.UnixMicro(n).UTC(), true
		default:
			return time.Unix(0, n).UTC(), true
		}
	case slog.KindFloat64:
		if f := v.Float64(); f >= 1e8 && f < 1e11 {
			sec, frac := math.Modf(f)
			return time.Unix(int64(sec), int64(math.Round(frac*1e6))*1e3).UTC(), true
		}
	}
	return time.Time{}, false
}

func parseLevel(v slog.Value) (slog.Level, bool) {
	if v.Kind() != slog.KindString {
		return 0, false
	}
	return Level(v.String())
}

// Level reads a level's name, those of other loggers included. Numbers mean different things to different loggers and are
// no level.
func Level(s string) (slog.Level, bool) {
	switch strings.ToLower(s) {
	case "trace":
		return slog.LevelDebug - 4, true
	case "notice":
		return slog.LevelInfo + 2, true
	case "err":
		return slog.LevelError, true
	case "fatal", "panic", "dpanic", "crit", "alert", "emerg", "emergency":
		return level.Critical, true
	}
	if s == "" || s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+' {
		return 0, false
	}
	l, err := level.Parse(s)
	return l, err == nil
}
