package level

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestZeroControllerIsInfo(t *testing.T) {
	var c Controller
	h := c.Handler(slog.NewJSONHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	if c.Level() != slog.LevelInfo || c.String() != "info" || h.Enabled(t.Context(), slog.LevelDebug) || !h.Enabled(t.Context(), slog.LevelInfo) {
		t.Errorf("%v %s", c.Level(), c.String())
	}
	if err := c.Set("debug"); err != nil || !h.Enabled(t.Context(), slog.LevelDebug) {
		t.Error(err)
	}
}

func TestFromEnv(t *testing.T) {
	t.Setenv("LOG_LEVEL", "warn,store=debug")
	if c, err := FromEnv("LOG_LEVEL"); err != nil || c.String() != "warn,store=debug" {
		t.Error(c, err)
	}
	t.Setenv("LOG_LEVEL", "loud")
	if _, err := FromEnv("LOG_LEVEL"); err == nil || !strings.HasPrefix(err.Error(), `LOG_LEVEL: spec "loud": want`) {
		t.Error(err)
	}
	t.Setenv("LOG_LEVEL", "")
	if c, err := FromEnv("LOG_LEVEL"); err != nil || c.String() != "info" {
		t.Error(c, err)
	}
}

func TestTemporaryRulesFallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mustController(t, "info,http=warn")
		var seen []string
		c.OnChange(func(old, new string) { seen = append(seen, old+" > "+new) })
		step := func(what string, err error, want string) {
			t.Helper()
			synctest.Wait()
			if err != nil || c.String() != want {
				t.Errorf("%s: %s, %v; want %s", what, c, err, want)
			}
		}
		step("temporary", c.SetFor("debug", 10*time.Minute), "debug")
		time.Sleep(9 * time.Minute)
		step("before its end", nil, "debug")
		step("another replaces it", c.SetFor("debug,store=warn", 10*time.Minute), "debug,store=warn")
		time.Sleep(2 * time.Minute)
		step("the end of the first does not count", nil, "debug,store=warn")
		step("one logger for a shorter time", c.setLogger("store", slog.LevelError, time.Minute), "debug,store=error")
		time.Sleep(2 * time.Minute)
		step("what was permanent is back", nil, "info,http=warn")

		step("temporary again", c.SetFor("error", time.Minute), "error")
		step("a logger for good", c.setLogger("db", slog.LevelDebug, 0), "error,db=debug")
		time.Sleep(2 * time.Minute)
		step("it outlives the temporary rules", nil, "info,db=debug,http=warn")

		step("temporary once more", c.SetFor("error", time.Minute), "error")
		step("all for good", c.Set("warn"), "warn")
		time.Sleep(2 * time.Minute)
		step("nothing comes back", nil, "warn")

		want := []string{
			"info,http=warn > debug",
			"debug > debug,store=warn",
			"debug,store=warn > debug,store=error",
			"debug,store=error > info,http=warn",
			"info,http=warn > error",
			"error > error,db=debug",
			"error,db=debug > info,db=debug,http=warn",
			"info,db=debug,http=warn > error",
			"error > warn",
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWrongChangesChangeNothing(t *testing.T) {
	c := mustController(t, "info")
	for _, err := range []error{c.Set("loud"), c.SetFor("loud", time.Minute), c.SetFor("debug", 0), c.SetFor("debug", -time.Second)} {
		if err == nil {
			t.Error("no error")
		}
	}
	if c.String() != "info" {
		t.Error(c)
	}
	var spec strings.Builder
	spec.WriteString("info")
	for i := range maxRules {
		fmt.Fprintf(&spec, ",p%d=debug", i)
	}
	if err := c.Set(spec.String()); err != nil {
		t.Fatal(err)
	}
	if err := c.setLogger("one.more", slog.LevelWarn, 0); err == nil {
		t.Error("rules grow without bound")
	}
	if err := c.setLogger("p7", slog.LevelWarn, 0); err != nil {
		t.Error(err)
	}
}

func TestOnChangeMayCallTheControllerAndPanic(t *testing.T) {
	c := mustController(t, "info")
	var seen []string
	c.OnChange(func(_, new string) {
		seen = append(seen, new)
		if new == "debug" {
			if err := c.Set("warn"); err != nil { // a policy: no debug here
				t.Error(err)
			}
		}
		panic("hook")
	})
	for _, spec := range []string{"debug", "error", "error"} {
		if err := c.Set(spec); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"debug", "warn", "error"}, seen); diff != "" {
		t.Error(diff)
	}
	c.OnChange(nil)
	if err := c.Set("debug"); err != nil || len(seen) != 3 {
		t.Error(err, seen)
	}
}
