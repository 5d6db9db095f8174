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
	"handler/async", "handler/compress", "handler/mask", "handler/mask/entity", "handler/mask/entity/internal/tag", "handler/mask/entity/presidio",
	"handler/sample", "level", "slogrec", "template",
	"internal/chain", "internal/filelock", "internal/freeze", "internal/journal", "internal/maskederr", "internal/onerror", "internal/scope", "internal/subject", "internal/words",
}

// beside are the foreign packages that some of the others may have, and nothing else.
var beside = map[string][]string{"perf": {"github.com/HdrHistogram/hdrhistogram-go"}}

func TestArrowsPointInOneDirection(t *testing.T) {
	deps := list(t, "{{.ImportPath}} {{join .Deps \" \"}}")
	for pkg, ds := range deps {
		for _, d := range ds {
			if why := forbidden(pkg, d); why != "" {
				t.Errorf("%s depends on %s: %s", pkg, d, why)
			}
		}
	}
	for _, pkg := range []string{"handler/async", "handler/compress", "handler/mask", "handler/mask/entity", "handler/sample", "handler/enrich", "handler/jsonl", "level", "correlate", "perf", "template", "store", "search", "audit", "compliance"} {
		if _, ok := deps[pkg]; !ok {
			t.Errorf("go list does not know %s: this test looks at nothing", pkg)
		}
	}
}

// heavy are the parts that only their own packages may bring into a program, and these packages.
var heavy = map[string][]string{
	"google.golang.org/grpc":                  {"correlate/grpccorrelate"},
	"github.com/shirou/gopsutil/v4/process":   {"handler/enrich/system"},
	"github.com/oschwald/maxminddb-golang/v2": {"handler/enrich/geo"},
	"github.com/mewkiz/flac/meta":             {"handler/enrich/audio"},
	"github.com/mileusna/useragent":           {"handler/enrich/httprequest"},
	"go.opentelemetry.io/otel/sdk/resource":   {"handler/enrich/otel/resource"},
	"github.com/maypok86/otter/v2":            {"handler/enrich/provider", "handler/enrich/audio", "handler/enrich/httprequest"},
}

func TestHeavyPartsStayInTheirPackages(t *testing.T) {
	deps := list(t, "{{.ImportPath}} {{join .Deps \" \"}}")
	for part, allowed := range heavy {
		for pkg, ds := range deps {
			has := slices.Contains(ds, part)
			switch may := slices.Contains(allowed, pkg); {
			case has && !may && forbidden(pkg, "") != "":
				t.Errorf("%s depends on %s: only %v may", pkg, part, allowed)
			case !has && may:
				t.Errorf("%s does not depend on %s: this test looks at nothing", pkg, part)
			}
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
		{"level", "go.opentelemetry.io/otel", true}, {"handler/mask/entity", "golang.org/x/text", true}, {"handler/mask/entity/internal/train", "github.com/klauspost/compress/zstd", false}, {"handler/sample", "golang.org/x/sys/unix", true},
		{"perf", "github.com/HdrHistogram/hdrhistogram-go", false}, {"perf", "golang.org/x/sys/unix", true}, {"perf", "handler/async", true}, {"compliance", "handler/opensearch", true}, {"compliance", "store", false},
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
	case !ours && beside[from] != nil && !slices.Contains(beside[from], to):
		return "beside the standard library it has " + strings.Join(beside[from], ", ") + " alone"
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
