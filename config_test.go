package sluice_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice"
)

// clearEnv takes the variables that a Config reads out of the test's environment.
func clearEnv(t *testing.T) {
	for _, k := range []string{sluice.EnvEnvironment, sluice.EnvLevel, sluice.EnvServiceName, sluice.EnvResourceAttr} {
		t.Setenv(k, "")
	}
}

func TestAWrongConfigNamesFieldValueAndWhatIsAllowed(t *testing.T) {
	clearEnv(t)
	for _, tc := range []struct{ src, want string }{
		{"levle: info", `c.yaml:1:1: "levle": want level (the keys here are environment,`},
		{"level: loud", `c.yaml:1:8: level: "loud": want a level and levels per logger`},
		{"level: info,store=", `level: "info,store=": want`},
		{"environment: prodution", `environment: "prodution": want production?`},
		{"environment: moon", `environment: "moon": want one of development, test, staging, production`},
		{"file_format: '2.0'", `file_format: "2.0": want 1.0`},
		{"mask: {off: true}\nenvironment: production", `c.yaml:1:13: mask.off: "true": want false in production`},
		{"mask: {disable: [EMIAL]}", `mask.disable[0]: "EMIAL": want one of`},
		{"mask: {enable: [NOTHING]}", `mask.enable[0]: "NOTHING": want one of`},
		{"mask: {actions: {EMAIL: shred}}", `mask.actions.EMAIL: "shred": want one of redact, last4, hash, drop, allow`},
		{"mask: {actions: {EMAIL: hash}}", `mask.hash_key: want at least 16 bytes, since an action is hash; it has 0`},
		{"mask: {actions: {EMAIL: hash}, hash_key: short}", `mask.hash_key: want at least 16 bytes, since an action is hash; it has 5`},
		{"mask: {hash_key: 'file:/does/not/exist'}", `mask.hash_key: "file:/does/not/exist": want a file that can be read`},
		{"mask: {rules: [{name: X, pattern: '(', literals: [a]}]}", `c.yaml:1:35: mask.rules[0].pattern: "(": want a regular expression: missing closing ) at byte 0`},
		{"mask: {rules: [{name: X, pattern: 'a'}]}", `mask.rules[0].literals: want at least one text`},
		{"mask: {rules: [{name: x, pattern: 'a', literals: [a]}]}", `mask.rules[0].name: "x": want capitals`},
		{"mask: {rules: [{name: EMAIL, pattern: 'a', literals: [a]}]}", `mask.rules[0].name: "EMAIL": want a name that no kind`},
		{"mask: {rules: [{name: X, pattern: 'a', literals: [a], validator: lun}]}", `mask.rules[0].validator: "lun": want luhn?`},
		{"mask: {rules: [{name: X, pattern: 'a', literals: [a], keywords: ['']}]}", `mask.rules[0].keywords: want words`},
		{"mask: {former_hash_keys: [short]}", `mask.former_hash_keys[0]: want at least 16 bytes; it has 5`},
		{"mask: {report_every: 1ms}", `mask.report_every: "1ms": want from 1s to 24h`},
		{"sinks: [{type: json, path: a.jsonl}, {type: json, path: ./a.jsonl}]", `sinks[1].path: "a.jsonl": want a path of its own; sinks[0] writes there`},
		{"queue: {workers: 257}", `c.yaml:1:18: queue.workers: "257": want from 1 to 256`},
		{"queue: {timeout: 10us}", `c.yaml:1:18: queue.timeout: "10µs": want from 1ms to 1h`},
		{"queue: {report_every: 48h}", `c.yaml:1:23: queue.report_every: "48h0m0s": want from 1ms to 24h`},
		{"enrich: {stack: eror}", `enrich.stack: "eror": want error?`},
		{"enrich: {sistem: {}}", `enrich: "sistem": want system (the keys here are`},
		{"enrich: {system: {interval: 1ms}}", `enrich.system.interval: "1ms": want from 100ms to 1h`},
		{"enrich: {system: {level: loud}}", `enrich.system.level: "loud": want a level`},
		{"enrich: {geo: {}}", `enrich.geo.files: want the path of a database in MaxMind's format`},
		{"enrich: {geo: {files: [a, b, c, d, e]}}", `enrich.geo.files: "5": want at most 4 databases`},
		{"enrich: {geo: {files: [a], refresh: 1ms}}", `enrich.geo.refresh: "1ms": want from 1s to 24h`},
		{"enrich: {audio: {files: /srv/a.wav}}", `c.yaml:1:25: enrich.audio.files: "/srv/a.wav": want a path with {audio_id} in it`},
		{"enrich: {audio: {report: true}}", `enrich.audio.report: "true": want a root`},
		{"enrich: {audio: {budget: 1s}}", `enrich.audio.budget: "1s": want from 1us to 100ms`},
		{"enrich: {http_request: {agents: -1}}", `enrich.http_request.agents: "-1": want from 1 to 1000000`},
		{"enrich: {occurrence: {level: loud}}", `enrich.occurrence.level: "loud": want a level`},
		{"enrich: {occurrence: {minutes: 90}}", `enrich.occurrence.minutes: "90": want from 1 to 60`},
		{"enrich: {container: {on: true}}", `enrich.container: "on": want one of the keys off`},
		{"enrich: {resource: yes}", `enrich.resource: want a mapping`},
		{"sample: {rates: {info: 2}}", `sample.rates.info: "2": want from 0 to 1`},
		{"sample: {rates: {loud: 1}}", `sample.rates.loud: "loud": want a level`},
		{"sample: {rates: [1]}", `sample.rates: want a mapping`},
		{"queue: {capacity: -1}", `queue.capacity: "-1": want from 1 to 16777216`},
		{"queue: {overflow: drop}", `queue.overflow: "drop": want one of drop_newest, drop_oldest, block`},
		{"queue: {timeout: soon}", `queue.timeout: "soon": want a duration such as 500ms`},
		{"queue: {wait_level: high}", `queue.wait_level: "high": want a level`},
		{"sinks: [{type: consle}]", `sinks[0].type: "consle": want console?`},
		{"sinks: [{}]", `sinks[0].type: want one of console, json, store, opensearch, null`},
		{"sinks: [{type: json, name: a}, {type: json, name: a}]", `sinks[1].name: "a": want a name that no other sink has`},
		{"sinks: [{type: json, path: x}, {type: json, path: x}]", `sinks[1].path: "x": want a path of its own`},
		{"sinks: [{type: console, path: x}]", `sinks[0].path: "x": want a path only for types json and store`},
		{"sinks: [{type: json, format: text}]", `sinks[0].format: "text": want no format`},
		{"sinks: [{type: json, failover: b}]", `sinks[0].failover: "b": want the name of another sink`},
		{"sinks: [{type: json, rotate: {max_bytes: lots}}]", `sinks[0].rotate.max_bytes: "lots": want a size`},
		{"sinks: [{type: json, only: [quiet]}]", `sinks[0].only[0]: "quiet": want a level`},
		{"sinks: [{type: json, output: file}]", `sinks[0].output: "file": want one of stdout, stderr`},
		{"audit: {}", `audit.path: want the directory of the log`},
		{"audit: {path: x, origin: a b}", `audit.origin: "a b": want no blank`},
		{"audit: {path: x, deadline: 1us}", `audit.deadline: "1µs": want from 1ms to 1h`},
		{"audit: {path: x, master_key: abcd}", `audit.master_key: want 64 hexadecimal digits`},
		{"audit: {path: x, master_key: 'file:/does/not/exist'}", `audit.master_key: "file:/does/not/exist": want a file that can be read`},
		{"audit: {path: x, files: [a, a]}", `audit.files[1]: "a": want a file of its own`},
		{"sinks: [{type: store, path: x, store: {classes: [{query: 'tenant:(', keep_for: 24h}]}}]", `sinks[0].store.classes[0].query: "tenant:(": want a query`},
		{"sinks: [{type: store, path: x, store: {classes: [{query: 'a:b', keep_for: 1s}]}}]", `sinks[0].store.classes[0].keep_for: "1s": want at least 1m`},
		{"sinks: [{type: opensearch, opensearch: {classes: [{query: 'a:b', keep_for: 24h}]}}]", `want ensure_template: true beside classes`},
		{"sinks: [{type: opensearch, opensearch: {ensure_template: true, classes: [{query: 'a:b', keep_for: 1000h}]}}]", `want a retention that can be kept`},
		{"environments: {production: {levle: info}}", `environments.production: "levle": want level`},
		{"environments: {production: {level: loud}}", `c.yaml:1:36: environments.production.level: "loud": want a level`},
		{"environments: {production: {mask: {off: true}}}", `environments.production.mask.off: "true": want false in production`},
		{"environments: {production: {mask: {actions: {EMAIL: hash}}}}", `environments.production.mask.hash_key: want at least 16 bytes`},
		{"file_format: '2.0'", `c.yaml:1:14: file_format: "2.0": want 1.0`},
		{"foo: 1", `reload_on_sighup, environments, file_format`},
		{"mask: {actions: {EMIAL: redact}}", `c.yaml:1:25: mask.actions.EMIAL: "EMIAL": want EMAIL?`},
		{"environments: {production: {queue: {workers: 0.5}}}", `environments.production.queue.workers: "0.5": want a whole number`},
		{"environments: 5", `environments: want a mapping`},
	} {
		t.Run(tc.src, func(t *testing.T) {
			_, err := sluice.ParseConfig([]byte(tc.src), "c.yaml")
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v\nwant it to contain %s", err, tc.want)
			}
			if ce := (*sluice.ConfigError)(nil); !errors.As(err, &ce) || ce.Line == 0 {
				t.Errorf("%v is no ConfigError with a place", err)
			}
		})
	}
}

func TestAllMistakesAreTold(t *testing.T) {
	clearEnv(t)
	_, err := sluice.ParseConfig([]byte("levle: info\nqueue: {capacity: many}\nsinks: [{type: x}]\n"), "c.yaml")
	for _, want := range []string{"levle", "queue.capacity", "sinks[0].type"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
}

func TestNoErrorTellsTheHashKey(t *testing.T) {
	clearEnv(t)
	t.Setenv("HASH_KEY", "hunter2hunter2")
	for _, src := range []string{"mask: {hash_key: '${HASH_KEY}', actions: {EMAIL: hash}}", "mask: {hash_key: [hunter2hunter2]}", "mask: {hash_key: {hunter2hunter2: x}}"} {
		if _, err := sluice.ParseConfig([]byte(src), "c.yaml"); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error = %v", src, err)
		}
	}
}

func TestPrecedenceIsCodeThenEnvironmentThenFileThenPreset(t *testing.T) {
	clearEnv(t)
	file := []byte(`
level: warn
service: {name: from-file}
environments:
  production:
    level: error
    service: {version: v9}
`)
	get := func(change func(*sluice.Config)) sluice.Config {
		t.Helper()
		cfg, err := sluice.ParseConfig(file, "c.yaml")
		if err != nil {
			t.Fatal(err)
		}
		change(&cfg)
		cfg, err = cfg.Effective()
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	nothing := func(*sluice.Config) {}

	if c := get(nothing); c.Level != "warn" || c.Environment != "development" || c.Service.Name != "from-file" || c.Sinks[0].Type != "console" {
		t.Errorf("file over preset: %+v", c)
	}
	t.Setenv(sluice.EnvEnvironment, "production")
	if c := get(nothing); c.Level != "error" || c.Service.Version != "v9" || c.Sinks[0].Path != "logs/from-file.jsonl" {
		t.Errorf("overlay over file: %+v", c)
	}
	t.Setenv(sluice.EnvLevel, "info,store=debug")
	t.Setenv(sluice.EnvResourceAttr, "service.name=ignored,service.version=2%2E1")
	t.Setenv(sluice.EnvServiceName, "from-env")
	if c := get(nothing); c.Level != "info,store=debug" || c.Service != (sluice.ServiceConfig{Name: "from-env", Version: "2.1"}) {
		t.Errorf("environment over file: %+v", c)
	}
	if c := get(func(c *sluice.Config) { c.Level, c.Environment = "critical", "test" }); c.Level != "critical" || c.Environment != "test" {
		t.Errorf("code over all: %+v", c)
	}
	c, err := sluice.Config{}.Effective()
	if err != nil || c.Level != "info,store=debug" || c.Environment != "production" || c.Service.Name != "from-env" {
		t.Errorf("the zero Config reads the environment: %+v, %v", c, err)
	}
}

func TestAnOverlayMayHaveANameOfItsOwn(t *testing.T) {
	clearEnv(t)
	t.Setenv(sluice.EnvEnvironment, "prod-eu")
	cfg, err := sluice.ParseConfig([]byte("environments: {prod-eu: {level: error}}"), "c.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err = cfg.Effective()
	if err != nil || cfg.Level != "error" || cfg.Sample.Off || cfg.Environment != "prod-eu" {
		t.Errorf("want production's preset with the overlay: %+v, %v", cfg, err)
	}
}

func TestSinksRouteByLevelAndFailOver(t *testing.T) {
	clearEnv(t)
	dir := t.TempDir()
	var out, errOut bytes.Buffer
	broken := filepath.Join(dir, "broken.jsonl")
	stack := open(t, sluice.Config{Environment: "test", Stdout: &out, Stderr: &errOut, OnError: func(error) {}, Sinks: []sluice.SinkConfig{
		{Name: "errors", Type: "json", Path: filepath.Join(dir, "errors.jsonl"), Only: []string{"error", "critical"}},
		{Name: "warnings", Type: "json", Output: "stderr", Level: "warn"},
		{Name: "main", Type: "json", Path: broken, Failover: "backup"},
		{Name: "backup", Type: "json", Output: "stdout"},
	}})
	// What main writes to is a full device.
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(broken, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := stack.ReloadFile(t.Context()); err == nil {
		t.Error("a directory was reopened as a log file")
	}
	log := stack.Logger()
	log.Info("one")
	log.Warn("two")
	log.Error("three")
	if got := countLines(t, filepath.Join(dir, "errors.jsonl")); got != 1 {
		t.Errorf("errors has %d lines, want 1", got)
	}
	if got := bytes.Count(errOut.Bytes(), []byte("\n")); got != 2 {
		t.Errorf("warnings has %d lines, want 2", got)
	}
	st := stack.Stats()
	if !st.Balanced() || st.Delivered != 3 {
		t.Errorf("the books:\n%s", st)
	}
	m, b := st.Sinks["main"], st.Sinks["backup"]
	if m.Delivered+b.Delivered != 3 || b.Delivered != m.Failed || bytes.Count(out.Bytes(), []byte("\n")) != int(b.Delivered) {
		t.Errorf("main %+v, backup %+v, out %q", m, b, out.String())
	}
}

func TestTheConsoleIsPlainWhereThereIsNoTerminal(t *testing.T) {
	clearEnv(t)
	var out bytes.Buffer
	stack := open(t, sluice.Config{Environment: "development", Stderr: &out, Queue: &sluice.QueueConfig{Off: true}})
	stack.Logger().WithGroup("g").Info("hello", "k", "v", "email", "ada@example.com")
	if got := out.String(); strings.Contains(got, "\x1b") || !strings.Contains(got, "INF hello") || !strings.Contains(got, "g.k=v") || strings.Contains(got, "ada@") {
		t.Errorf("console = %q", got)
	}
}

func TestOpenDoesNotWriteToItsConfig(t *testing.T) {
	clearEnv(t)
	cfg := sluice.Config{Environment: "test", Stdout: &bytes.Buffer{}, Sinks: []sluice.SinkConfig{{Type: "json"}},
		Mask: &sluice.MaskConfig{Keys: []string{"k"}}, Sample: &sluice.SampleConfig{Rates: map[string]float64{"info": 1}}}
	want := cfg
	want.Sinks = []sluice.SinkConfig{{Type: "json"}}
	want.Mask = &sluice.MaskConfig{Keys: []string{"k"}}
	want.Sample = &sluice.SampleConfig{Rates: map[string]float64{"info": 1}}
	open(t, cfg)
	if diff := cmp.Diff(want.Sinks, cfg.Sinks); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Mask, cfg.Mask); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Sample, cfg.Sample); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte("level: info\nsinks: [{type: json}]\n"))
	f.Add([]byte("environments: {production: {mask: {rules: [{name: A, pattern: 'a+', literals: [a]}]}}}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(_ *testing.T, src []byte) { _, _ = sluice.ParseConfig(src, "f") })
}

func TestAWrongVariableIsNamedAndNotTheFile(t *testing.T) {
	for name, want := range map[string]string{"LOG_LEVEL": `config: LOG_LEVEL: "Nonsense": want`, "SLUICE_ENV": `config: SLUICE_ENV: "Nonsense": want one of development`} {
		clearEnv(t)
		t.Setenv(name, "Nonsense")
		if _, err := sluice.ParseConfig([]byte("level: info\n"), "c.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("of a file: %v, want %s", err, want)
		}
		if _, err := (sluice.Config{}).Effective(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("of code: %v, want %s", err, want)
		}
	}
}

func TestTheOverlayOfAnotherEnvironmentMayNeedWhatIsOnlyThere(t *testing.T) {
	clearEnv(t)
	for _, src := range []string{
		"environments: {production: {mask: {hash_key: 'file:/run/secrets/none', actions: {EMAIL: hash}}}}",
		"environments: {production: {mask: {hash_key: '${NOT_SET_HERE}', actions: {EMAIL: hash}}}}",
		"environments: {edge: {queue: {capacity: 20}}}",
		"sinks: [{type: store, path: x, store: {keep: 30d}}]",
	} {
		if _, err := sluice.ParseConfig([]byte(src), "c.yaml"); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}
