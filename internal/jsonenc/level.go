package jsonenc

import (
	"log/slog"
	"strconv"
)

// levelNames are four apart, from slog.LevelDebug.
var levelNames = [...]string{"DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"}

const levelStep = slog.LevelInfo - slog.LevelDebug

// levelIndex is the place of l in levelNames, if it has a name of its own.
func levelIndex(l slog.Level) (int, bool) {
	n := int(l - slog.LevelDebug)
	return n / int(levelStep), n >= 0 && n%int(levelStep) == 0 && n/int(levelStep) < len(levelNames)
}

// levelName is the name of the nearest named level below l and the distance to it: INFO+2. Below DEBUG the distance is
// negative.
func levelName(l slog.Level) string {
	i := min(max(int(l-slog.LevelDebug)/int(levelStep), 0), len(levelNames)-1)
	d := int(l-slog.LevelDebug) - i*int(levelStep)
	switch {
	case d == 0:
		return levelNames[i]
	case d > 0:
		return levelNames[i] + "+" + strconv.Itoa(d)
	}
	return levelNames[i] + strconv.Itoa(d)
}
