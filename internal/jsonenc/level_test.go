package jsonenc

import (
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/level"
)

func TestLevelsHaveTheNamesOfPackageLevel(t *testing.T) {
	for l := slog.Level(-20); l <= 30; l++ {
		want := level.Name(l)
		if got := levelName(l); got != want {
			t.Errorf("%d: got %s, want %s", l, got, want)
		}
		if i, ok := levelIndex(l); ok && levelNames[i] != want {
			t.Errorf("%d: index of %s, want %s", l, levelNames[i], want)
		}
	}
}
