package level

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSpecIsWrittenCanonically(t *testing.T) {
	for spec, want := range map[string]string{
		"":                            "info",
		"  ":                          "info",
		"WARNING":                     "warn",
		"store=debug":                 "info,store=debug",
		" store = DEBUG , ERROR+4 ":   "critical,store=debug",
		"http=warn,info,a.b/c=fatal":  "info,a.b/c=critical,http=warn",
		"0,github.com/acme/audio/=-4": "info,github.com/acme/audio/=debug",
		"debug-3":                     "debug-3",
	} {
		c, err := NewController(spec)
		if err != nil {
			t.Errorf("%q: %v", spec, err)
			continue
		}
		if got := c.String(); got != want {
			t.Errorf("%q: got %s, want %s", spec, got, want)
		}
	}
}

func TestWrongSpecsAreNamed(t *testing.T) {
	for spec, want := range map[string]string{
		"loud":                              `spec "loud": want a level for all or prefix=level`,
		"info,":                             `spec "": want a level for all`,
		"info,warn":                         `spec "warn": want one default level`,
		"store=loud":                        `spec "store=loud": want`,
		"store=":                            `spec "store=": want`,
		"=debug":                            `spec "=debug": want`,
		"a=debug,a=info":                    `spec "a=info": want one level for each prefix`,
		"a b=debug":                         `a prefix is the beginning of the name`,
		".a=debug":                          `spec ".a=debug"`,
		"/=debug":                           `spec "/=debug"`,
		"a.=debug":                          `spec "a.=debug"`,
		"a//=debug":                         `spec "a//=debug"`,
		"\xff=debug":                        `spec "\xff=debug"`,
		"a\x00=debug":                       `spec "a\x00=debug"`,
		strings.Repeat("x", 257) + "=debug": "at most 256 printable",
		strings.Repeat("x", maxSpec+1):      "at most 65536 bytes",
	} {
		_, err := NewController(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50q: got %.300v, want %s", spec, err, want)
		}
	}
	var b strings.Builder
	for i := range maxRules + 1 {
		fmt.Fprintf(&b, "p%d=debug,", i)
	}
	if _, err := NewController(b.String() + "info"); err == nil || !strings.Contains(err.Error(), "at most 1000 prefixes") {
		t.Error(err)
	}
}

func TestLongestPrefixOnASegmentBoundaryWins(t *testing.T) {
	rs, err := parseSpec("warn,store=info,store.index=debug,store/cold=error,app/=critical")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]slog.Level{
		"": slog.LevelWarn, "other": slog.LevelWarn, "stor": slog.LevelWarn, "storefront": slog.LevelWarn, "Store": slog.LevelWarn,
		"store": slog.LevelInfo, "store.x": slog.LevelInfo, "store/x": slog.LevelInfo, "store.indexes": slog.LevelInfo,
		"store.index": slog.LevelDebug, "store.index.term": slog.LevelDebug, "store/cold/disk": slog.LevelError,
		"app": Critical, "app/x": Critical, "apple": slog.LevelWarn,
	} {
		if got := rs.decide(name).level; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestPackageOf(t *testing.T) {
	for function, want := range map[string]string{
		"main.main":                    "main",
		"main.main.func1":              "main",
		"github.com/acme/audio.Decode": "github.com/acme/audio",
		"github.com/acme/audio/v2.(*Reader).Read.func1": "github.com/acme/audio/v2",
		"gopkg.in/yaml%2ev3.Unmarshal":                  "gopkg.in/yaml.v3",
		"github.com/acme/set.Map[...]":                  "github.com/acme/set",
		"github.com/acme/set.Map[github.com/other/x.T]": "github.com/acme/set",
		"":              "",
		"odd%zz/name.F": "odd%zz/name",
	} {
		if got := packageOf(function); got != want {
			t.Errorf("%s: %s, want %s", function, got, want)
		}
	}
}

func TestSiteCacheForgetsWhatMeetsInASlot(t *testing.T) {
	rs, err := parseSpec("info,github.com/sluicelog/sluice/level=debug")
	if err != nil {
		t.Fatal(err)
	}
	here, ok := rs.at(callerPC())
	if here != slog.LevelDebug || !ok {
		t.Fatalf("%v %v", here, ok)
	}
	// Any number of other program counters, most of which are nobody's, neither break nor grow it.
	for pc := uintptr(1); pc < 5000; pc++ {
		if _, ok := rs.at(pc); ok {
			t.Fatalf("pc %d matched", pc)
		}
	}
	if here, ok := rs.at(callerPC()); here != slog.LevelDebug || !ok {
		t.Fatalf("%v %v", here, ok)
	}
	if _, ok := rs.at(0); ok {
		t.Error("no PC matched")
	}
}

func FuzzSpec(f *testing.F) {
	for _, s := range []string{"", "info", "info,store=debug", "a.b/c=INFO+2,-4", "x/=warn", "=", ",", "a=b=c", "é=1"} {
		f.Add(s, "store.index")
	}
	f.Fuzz(func(t *testing.T, spec, name string) {
		c, err := NewController(spec)
		if err != nil {
			return
		}
		again, err := NewController(c.String())
		if err != nil {
			t.Fatalf("%q is written as %q, which is refused: %v", spec, c.String(), err)
		}
		if again.String() != c.String() {
			t.Errorf("%q: %q, then %q", spec, c.String(), again.String())
		}
		one, other := c.rules().decide(name), again.rules().decide(name)
		if one.level != other.level || one.lowest != other.lowest {
			t.Errorf("%q decides %v and %v for %q", spec, one, other, name)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"info", "ERROR+4", "-8", "DEBUG-9223372036854775804", "warning-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := Parse(s)
		if err != nil {
			return
		}
		if back, err := Parse(Name(l)); back != l || err != nil {
			t.Errorf("%q is %d, named %s, which is %d, %v", s, l, Name(l), back, err)
		}
	})
}
