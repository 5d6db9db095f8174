package sluice_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/slogrec"
)

func TestAReloadOfTheFileKeepsWhatCodeHasChanged(t *testing.T) {
	clearEnv(t)
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const rest = "environment: test\nsinks: [{type: 'null'}]\nmask: {keys: [badge]}\n"
	write(rest + "level: info\n")
	cfg, err := sluice.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	sink := slogrec.New()
	cfg.Mask.Keys = append(cfg.Mask.Keys, "locker")
	cfg.Handlers = []slog.Handler{sink}
	stack := open(t, cfg)
	for range 2 { // what code has changed is kept at every reload
		write(rest + "level: debug\n")
		if err := stack.ReloadFile(t.Context()); err != nil {
			t.Fatal(err)
		}
		sink.Reset()
		stack.Logger().Debug("m", "badge", "4711", "locker", "42")
		sink.Require(t, slogrec.Attr("badge", "[REDACTED]"), slogrec.Attr("locker", "[REDACTED]"))
	}
}
