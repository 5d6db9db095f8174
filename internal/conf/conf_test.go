package conf

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	Rate float64       `yaml:"rate" min:"0" max:"1" doc:"a share"`
	Wait time.Duration `yaml:"wait" min:"0s" max:"1m"`
	Kind string        `yaml:"kind" enum:"drop_newest,drop_oldest,block"`
	Max  Size          `yaml:"max_bytes" min:"1KiB"`
}

type outer struct {
	Name  string             `yaml:"name"`
	On    bool               `yaml:"on"`
	N     int                `yaml:"n" min:"1"`
	Key   Secret             `yaml:"key"`
	In    *inner             `yaml:"in"`
	List  []inner            `yaml:"list"`
	Rates map[string]float64 `yaml:"rates" min:"0" max:"1"`
	Words []string           `yaml:"words" enum:"a,b"`
	Func  func()             `yaml:"-"`
}

func env(k string) (string, bool) {
	v, ok := map[string]string{"NAME": "from env", "N": "7", "KEY": "s3cret"}[k]
	return v, ok
}

func TestDecodeReadsEveryType(t *testing.T) {
	doc, err := Parse([]byte(`
name: ${NAME} and ${env:MISSING:-default} for $$5
on: true
n: ${env:N}
key: ${KEY}
in: {rate: 0.5, wait: 10s, kind: block, max_bytes: 64KiB}
list: [{rate: 1}, {wait: 5ms}]
rates: {debug: 0.1}
words: [a, b]
`))
	if err != nil {
		t.Fatal(err)
	}
	var got outer
	at, err := doc.Decode(&got, env)
	if err != nil {
		t.Fatal(err)
	}
	want := outer{Name: "from env and default for $5", On: true, N: 7, Key: "s3cret",
		In:   &inner{Rate: .5, Wait: 10 * time.Second, Kind: "block", Max: 64 << 10},
		List: []inner{{Rate: 1}, {Wait: 5 * time.Millisecond}}, Rates: map[string]float64{"debug": .1}, Words: []string{"a", "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if at["in.rate"].Line != 6 || at["list[1].wait"].Line != 7 {
		t.Errorf("positions = %v", at)
	}
	if err := Validate(&got); err != nil {
		t.Error(err)
	}
}

func TestDecodeMergesMappingsAndReplacesLists(t *testing.T) {
	base := outer{Name: "kept", In: &inner{Rate: .5, Kind: "block"}, List: []inner{{Rate: 1}}, Rates: map[string]float64{"a": 1}}
	rates, in := base.Rates, base.In
	doc, _ := Parse([]byte("in: {rate: 0.1}\nlist: []\nrates: {b: 0.5}\n"))
	if _, err := doc.Decode(&base, env); err != nil {
		t.Fatal(err)
	}
	want := outer{Name: "kept", In: &inner{Rate: .1, Kind: "block"}, List: []inner{}, Rates: map[string]float64{"a": 1, "b": .5}}
	if diff := cmp.Diff(want, base); diff != "" {
		t.Error(diff)
	}
	if len(rates) != 1 || in.Rate != .5 {
		t.Error("what the struct pointed to was written to")
	}
}

func TestAWrongFileNamesPlaceFieldValueAndWhatIsAllowed(t *testing.T) {
	for _, tc := range []struct{ src, want string }{
		{"name: [a\n", `f.yaml:1:1: want valid YAML`},
		{"- a\n", `f.yaml:1:1: want a mapping of keys to values`},
		{"name: a\n---\nname: b\n", "one YAML document"},
		{"nmae: x\n", `f.yaml:1:1: "nmae": want name (the keys here are name, on, n, key, in, list, rates, words)`},
		{"zzzzzz: x\n", `f.yaml:1:1: "zzzzzz": want one of the keys name, on`},
		{"in:\n  rtae: 1\n", `f.yaml:2:3: in: "rtae": want rate (`},
		{"name: a\nname: b\n", `f.yaml:2:1: name: want the key once`},
		{"on: perhaps\n", `f.yaml:1:5: on: "perhaps": want true or false`},
		{"n: 1.5\n", `f.yaml:1:4: n: "1.5": want a whole number`},
		{"in: {rate: much}\n", `in.rate: "much": want a number`},
		{"in: {rate: .nan}\n", `in.rate: ".nan": want a number`},
		{"in: {wait: 10}\n", `in.wait: "10": want a duration such as 500ms`},
		{"in: {max_bytes: 3 parsecs}\n", `in.max_bytes: "3 parsecs": want a size`},
		{"in: 5\n", `in: want a mapping`},
		{"list: {a: b}\n", "list: want a list"},
		{"list: [{rate: 1}, {rate: 7}]\n", `f.yaml:1:26: list[1].rate: "7": want from 0 to 1`},
		{"in: {kind: drop_new}\n", `in.kind: "drop_new": want drop_newest? (allowed are drop_newest, drop_oldest, block)`},
		{"words: [c]\n", `words[0]: "c": want one of a, b`},
		{"rates: {x: -1}\n", `f.yaml:1:12: rates.x: "-1": want from 0 to 1`},
		{"n: -1\n", `n: "-1": want at least 1`},
		{"in: {wait: 2m}\n", `in.wait: "2m0s": want from 0s to 1m`},
		{"name: {a: b}\n", "name: want a single value"},
		{"name: ${unclosed\n", "an unclosed ${"},
		{"name: ${a-b}\n", "names no environment variable"},
	} {
		t.Run(tc.src, func(t *testing.T) {
			var o outer
			doc, err := Parse([]byte(tc.src))
			var at Positions
			if err == nil {
				at, err = doc.Decode(&o, env)
				err = errors.Join(err, Validate(&o))
			}
			err = Locate(err, "f.yaml", at)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v\nwant it to contain %s", err, tc.want)
			}
		})
	}
}

func TestNoErrorOrDumpTellsASecret(t *testing.T) {
	type c struct {
		Key  Secret   `yaml:"key"`
		Keys []Secret `yaml:"keys"`
	}
	v := c{Key: "hunter2"}
	for _, s := range []string{fmt.Sprint(v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s %q", v.Key, v.Key)} {
		if strings.Contains(s, "hunter2") {
			t.Errorf("%s tells the secret", s)
		}
	}
	doc, _ := Parse([]byte("key: {hunter2: 1}\nkeys: hunter2\n"))
	if _, err := doc.Decode(&v, env); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %v, want one that does not tell the secret", err)
	}
}

func TestSizesRoundTrip(t *testing.T) {
	for _, s := range []Size{0, 1, 1000, 1 << 10, 3 << 20, 5 << 30, 1<<40 + 1} {
		if got, err := ParseSize(s.String()); err != nil || got != s {
			t.Errorf("ParseSize(%q) = %d, %v", s.String(), got, err)
		}
	}
	for in, want := range map[string]Size{"1.5k": 1536, "100MB": 1e8, "1 GiB": 1 << 30, "7b": 7} {
		if got, err := ParseSize(in); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

func FuzzParseAndDecodeNeverPanic(f *testing.F) {
	f.Add("a: &x [*x]\n")
	f.Add("in: &a {kind: *a}\n")
	f.Add("name: ${${x}}\nlist:\n- rate: 1e309\n")
	f.Fuzz(func(t *testing.T, src string) {
		doc, err := Parse([]byte(src))
		if err != nil {
			return
		}
		var o outer
		at, err := doc.Decode(&o, env)
		_ = Locate(errors.Join(err, Validate(&o)), "f", at)
	})
}

func TestADurationMayBeInDays(t *testing.T) {
	for text, want := range map[string]time.Duration{"30d": 720 * time.Hour, "-1d": -24 * time.Hour, "0d": 0, "90s": 90 * time.Second} {
		if got, err := ParseDuration(text); got != want || err != nil {
			t.Errorf("%s = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "1.5d", "106752d", "99999999999999999999d", "1d2h"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%s = %v, want an error", text, got)
		}
	}
}
