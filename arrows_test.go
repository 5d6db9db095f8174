package sluice_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sluicelog/sluice"

// standardOnly are the packages that compile with the standard library alone (and with internal packages that do).
var standardOnly = []string{
	"handler/async", "handler/compress", "handler/mask", "handler/sample", "level", "slogrec", "template",
	"internal/chain", "internal/filelock", "internal/freeze", "internal/journal", "internal/maskederr", "internal/onerror", "internal/scope", "internal/words",
}

func TestArrowsPointInOneDirection(t *testing.T) {
	deps := list(t, "{{.ImportPath}} {{join .Deps \" \"}}")
	for pkg, ds := range deps {
		for _, d := range ds {
			if why := forbidden(pkg, d); why != "" {
				t.Errorf("%s depends on %s: %s", pkg, d, why)
			}
		}
	}
	for _, pkg := range []string{"handler/async", "handler/mask", "handler/sample", "handler/enrich", "handler/jsonl", "level", "correlate"} {
		if _, ok := deps[pkg]; !ok {
			t.Errorf("go list does not know %s: this test looks at nothing", pkg)
		}
	}
}

func TestForbiddenFindsWrongArrows(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		wrong    bool
	}{
		{"handler/mask", "handler/enrich", true}, {"handler/mask", "handler/mask/internal/scan", false}, {"handler/mask/entity", "handler/mask", false},
		{"handler/enrich/otel", "handler/enrich", false}, {"handler/async", "", true}, {"store", "handler/async", true}, {"search", "store", true}, {"search/lines", "store/internal/query", true}, {"store", "search/eval", false},
		{"handler/opensearch/bootstrap", "internal/osclient", false}, {"internal/osclient", "handler/opensearch", true}, {"internal/chain", "correlate", true}, {"internal/jsonline", "level", false}, {"internal/scope", "internal/chain", false}, {"correlate", "handler/enrich", true},
		{"level", "go.opentelemetry.io/otel", true}, {"handler/mask/entity", "golang.org/x/text", false}, {"handler/sample", "golang.org/x/sys/unix", true},
		{"", "handler/mask", false}, {"cmd/sluice", "", false}, {"handler/mask", "examples/pipeline", true}, {"level", "internal/conf", false},
	} {
		if got := forbidden(tc.from, tc.to); (got != "") != tc.wrong {
			t.Errorf("forbidden(%q, %q) = %q, want wrong = %v", tc.from, tc.to, got, tc.wrong)
		}
	}
}

// forbidden says why the package from may not depend on to, "" if it may. Paths are relative to the module; others are whole.
func forbidden(from, to string) string {
	top := func(p string) string { first, _, _ := strings.Cut(p, "/"); return first }
	switch top(from) {
	case "", "cmd", "examples":
		return ""
	}
	ours := !strings.Contains(top(to), ".")
	switch {
	case !ours && slices.Contains(standardOnly, from):
		return "it compiles with the standard library alone"
	case !ours:
		return ""
	case to == "":
		return "only cmd and examples import the root"
	case top(to) == "cmd", top(to) == "examples":
		return "nothing imports programs"
	case top(to) == "handler" && top(from) == "handler":
		if layer(from) != layer(to) {
			return "handlers do not import each other"
		}
	case top(from) == "search" && top(to) == "store":
		return "a store is searched by package search, which knows of none"
	case top(to) == "handler":
		return "handlers are on top: only the root composes them"
	case top(from) == "internal" && top(to) != "internal" && to != "level":
		return "internal packages are at the bottom: beside themselves they know the levels' names alone"
	}
	return ""
}

// layer is the first two elements of a handler's path.
func layer(p string) string {
	parts := strings.SplitN(p, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// list runs go list over the module and returns the dependencies of each package outside the standard library.
func list(t *testing.T, format string) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", format, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		var ds []string
		for _, d := range fields[1:] {
			if rel, ok := relative(d); ok || strings.Contains(strings.SplitN(d, "/", 2)[0], ".") {
				ds = append(ds, rel)
			}
		}
		rel, _ := relative(fields[0])
		deps[rel] = ds
	}
	return deps
}

// relative strips the module's path; packages of others stay whole.
func relative(pkg string) (string, bool) {
	if pkg == module {
		return "", true
	}
	rel, ok := strings.CutPrefix(pkg, module+"/")
	if !ok {
		return pkg, false
	}
	return rel, true
}
