package tools

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/sluicelog/sluice/internal/fields"
)

var update = flag.Bool("update", false, "write the table of keys in docs/formats.md anew")

// A block is fenced text of a page.
type block struct{ page, place, language, text string }

// blocks of all pages, in order.
func blocks(t *testing.T) []block {
	t.Helper()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) < 8 {
		t.Fatalf("pages %v, %v", pages, err)
	}
	var out []block
	for _, page := range append(pages, "../README.md") {
		src, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var b *block
		for i, line := range strings.Split(string(src), "\n") {
			switch language, fence := strings.CutPrefix(line, "```"); {
			case fence && b == nil:
				b = &block{page: filepath.Base(page), place: fmt.Sprintf("%s:%d", page, i+1), language: language}
			case fence:
				out = append(out, *b)
				b = nil
			case b != nil:
				b.text += line + "\n"
			}
		}
		if b != nil {
			t.Errorf("%s: a block does not end", b.place)
		}
	}
	return out
}

// of are the blocks of a language. README's second block is part of an example that is compiled where it stands.
func of(t *testing.T, language string) []block {
	t.Helper()
	all := slices.DeleteFunc(blocks(t), func(b block) bool {
		return b.language != language || b.page == "README.md" && strings.Contains(b.text, "…")
	})
	if len(all) < 5 {
		t.Fatalf("%d blocks of %s", len(all), language)
	}
	return all
}

func TestBlocksHaveALanguageThatIsTested(t *testing.T) {
	for _, b := range blocks(t) {
		if !slices.Contains([]string{"go", "yaml", "sh", "console"}, b.language) {
			t.Errorf("%s: a block of %q, which no test reads", b.place, b.language)
		}
	}
}

// paths of the packages that blocks without imports may name.
var paths = map[string]string{
	"context": "context", "slog": "log/slog", "http": "net/http", "slogmulti": "github.com/samber/slog-multi", "metric": "go.opentelemetry.io/otel/metric",
	"sluice": "", "correlate": "/correlate", "perf": "/perf", "search": "/search", "viewer": "/viewer", "mask": "/handler/mask", "enrich": "/handler/enrich",
	"sample": "/handler/sample", "bootstrap": "/handler/opensearch/bootstrap",
}

func TestGoOfThePagesCompiles(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]string{}
	args := []string{"build", "-overlay", filepath.Join(t.TempDir(), "overlay.json")}
	for i, b := range of(t, "go") {
		src := b.text
		if !strings.HasPrefix(src, "package ") {
			head := "package block\n\nimport (\n"
			for name, path := range paths {
				if !regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(src) {
					continue
				}
				if path == "" || path[0] == '/' {
					path = "github.com/sluicelog/sluice" + path
				}
				head += fmt.Sprintf("\t%s %q\n", name, path)
			}
			src = head + ")\n\n//line " + filepath.Base(b.place) + "\n" + src
		}
		real := filepath.Join(t.TempDir(), "block.go")
		if err := os.WriteFile(real, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		dir := fmt.Sprintf("docs/block%d", i)
		overlay[filepath.Join(root, dir, "block.go")] = real
		args = append(args, "./"+dir)
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(args[2], text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestYAMLOfThePagesIsAConfiguration(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(build(t), "sluice")
	for _, b := range of(t, "yaml") {
		file := filepath.Join(t.TempDir(), "sluice.yaml")
		if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), command, "config", "check", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", b.place, err, out)
		}
		var doc, v any
		if err := yaml.Unmarshal([]byte(b.text), &doc); err != nil {
			t.Errorf("%s: %v", b.place, err)
			continue
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(text, &v) // it was made just now
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", b.place, err)
		}
	}
}

// build makes the command and returns its directory.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/sluice")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func TestCommandsOfThePagesRun(t *testing.T) {
	bin := build(t)
	dirs := map[string]string{} // the commands of one page build on each other
	for _, b := range of(t, "sh") {
		if dirs[b.page] == "" {
			dirs[b.page] = t.TempDir()
		}
		cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-c", b.text)
		cmd.Dir = dirs[b.page]
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s%s", b.place, err, b.text, out)
		}
	}
}

func TestLinksOfThePagesLeadSomewhere(t *testing.T) {
	pages, _ := filepath.Glob("../docs/*.md")
	for _, page := range append(pages, "../deploy/README.md") {
		src, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(src), -1) {
			info, err := os.Stat(filepath.Join(filepath.Dir(page), m[1]))
			if err != nil {
				t.Errorf("%s: %v", page, err)
			} else if filepath.Ext(m[1]) == ".png" && info.Size() > 150_000 {
				t.Errorf("%s: %s has %d bytes", page, m[1], info.Size())
			}
		}
	}
}

const keysMark = "<!-- keys -->\n"

func TestFormatsHasTheTableOfKeys(t *testing.T) {
	const page = "../docs/formats.md"
	src, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(src), keysMark)
	if !ok {
		t.Fatal("the mark is not there")
	}
	_, after, _ := strings.Cut(rest, "\n\nAny other attribute")
	table := "\n| line, store, query | OpenSearch document | type |\n|---|---|---|\n"
	for _, f := range fields.Table {
		table += fmt.Sprintf("| `%s` | `%s` | %s |\n", f.Key, f.Document, f.Type)
	}
	want := before + keysMark + table + "\nAny other attribute" + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(src) != want {
		t.Error("run this test with -update")
	}
}
