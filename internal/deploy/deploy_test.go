package deploy_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/internal/deploy"
)

var update = flag.Bool("update", false, "write the files under deploy/ anew")

const root = "../../deploy"

func TestDeployHasWhatIsMade(t *testing.T) {
	made := map[string]bool{}
	for _, f := range deploy.Files() {
		made[f.Name] = true
		path := filepath.Join(root, filepath.FromSlash(f.Name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(f.Body), string(got)); diff != "" {
			t.Errorf("%s: run this test with -update (-made +file):\n%s", f.Name, diff)
		}
	}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if strings.Contains(name, "/") && !strings.HasPrefix(name, "opensearch/") && !made[name] {
			t.Errorf("%s is made by nothing", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReportsHaveTheMessagesThatTheirPackagesWrite(t *testing.T) {
	for want, got := range map[string]string{mask.ReportMessage: deploy.MaskReport, async.ReportMessage: deploy.DropReport, audit.AnchorMessage: deploy.AuditAnchor, sluice.FailureMessage: deploy.FailReport} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
