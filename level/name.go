package level

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
)

// Critical is the level above ERROR: the service, not a request, is in danger.
const Critical = slog.LevelError + 4

const allowed = "DEBUG, INFO, WARN, ERROR, CRITICAL, one of them with an offset such as INFO+2, or a number"

// Name returns the name of l: DEBUG INFO WARN ERROR CRITICAL, and with an offset what is between, below and above
// (INFO+2, DEBUG-4, CRITICAL+1). The five names do not allocate.
func Name(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return offset("DEBUG", l-slog.LevelDebug)
	case l < slog.LevelWarn:
		return offset("INFO", l-slog.LevelInfo)
	case l < slog.LevelError:
		return offset("WARN", l-slog.LevelWarn)
	case l < Critical:
		return offset("ERROR", l-slog.LevelError)
	default:
		return offset("CRITICAL", l-Critical)
	}
}

func offset(name string, by slog.Level) string {
	if by == 0 {
		return name
	}
	return fmt.Sprintf("%s%+d", name, int(by))
}

// Parse returns the level that s names, in upper, lower or mixed case: DEBUG INFO WARN ERROR CRITICAL, also WARNING for WARN
// and FATAL for CRITICAL, each with an offset if need be (INFO+2, ERROR-1), or a number (-4 is DEBUG, 8 is ERROR). It ignores
// white space around s. Parse(Name(l)) is l. The error quotes s and says what is allowed.
func Parse(s string) (slog.Level, error) {
	text := strings.TrimSpace(s)
	name, by := text, ""
	if i := strings.IndexAny(text, "+-"); i >= 0 {
		name, by = text[:i], text[i:]
	}
	var base slog.Level
	switch strings.ToUpper(name) {
	case "DEBUG":
		base = slog.LevelDebug
	case "INFO":
		base = slog.LevelInfo
	case "WARN", "WARNING":
		base = slog.LevelWarn
	case "ERROR":
		base = slog.LevelError
	case "CRITICAL", "FATAL":
		base = Critical
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, &inputError{"level", s, allowed}
		}
		return slog.Level(n), nil
	}
	if by == "" {
		return base, nil
	}
	n, err := strconv.Atoi(by)
	if err != nil || n > 0 && int(base) > math.MaxInt-n || n < 0 && int(base) < math.MinInt-n {
		return 0, &inputError{"level", s, allowed}
	}
	return base + slog.Level(n), nil
}

// ReplaceAttr is a slog.HandlerOptions.ReplaceAttr that writes the record's level by its [Name]. An attribute in a group is
// left alone, and so is one at the root that is called "level" without being a slog.Level.
func ReplaceAttr(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.LevelKey {
		if l, ok := a.Value.Any().(slog.Level); ok {
			a.Value = slog.StringValue(Name(l))
		}
	}
	return a
}

// inputError is what is wrong with something that a user wrote.
type inputError struct{ field, value, allowed string }

func (e *inputError) Error() string {
	return fmt.Sprintf("%s %.200q: want %s", e.field, e.value, e.allowed)
}
