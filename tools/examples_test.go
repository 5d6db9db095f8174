package tools

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a user may import has a doc comment and an example that runs, which pkg.go.dev shows.
func TestEveryPackageIsDocumentedWithAnExampleThatRuns(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Doc,Dir,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Name, Doc, Dir string
			TestGoFiles, XTestGoFiles  []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(p.ImportPath, "internal/") {
			continue
		}
		if p.Doc == "" {
			t.Errorf("%s has no doc comment", p.ImportPath)
		}
		if p.Name == "main" || strings.Contains(p.ImportPath, "/examples/") {
			continue
		}
		n++
		var files []*ast.File
		fset := token.NewFileSet()
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		runs := false
		for _, e := range doc.Examples(files...) {
			runs = runs || e.Output != "" || e.EmptyOutput
		}
		if !runs {
			t.Errorf("%s has no example that runs", p.ImportPath)
		}
	}
	if n < 30 {
		t.Errorf("%d packages: this test sees nothing", n)
	}
}
