package bootstrap

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

var update = flag.Bool("update", false, "write the files under deploy/ anew")

const deploy = "../../../deploy"

func TestDeployHasWhatIsMade(t *testing.T) {
	want := map[string]bool{}
	for _, a := range Assets() {
		file := filepath.Join(deploy, filepath.FromSlash(a.Name))
		want[filepath.Base(file)] = true
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, a.Body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(a.Body), string(got)); diff != "" {
			t.Errorf("%s: run this test with -update (-made +file):\n%s", file, diff)
		}
	}
	entries, err := os.ReadDir(filepath.Join(deploy, "opensearch"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".json" && !want[e.Name()] {
			t.Errorf("%s is made by nothing", e.Name())
		}
	}
}

func TestTheComposeFileRunsTheReleaseThatIsTested(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(deploy, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct{ Image string }
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	for service, image := range map[string]string{"opensearch": "opensearchproject/opensearch", "dashboards": "opensearchproject/opensearch-dashboards"} {
		if got, want := file.Services[service].Image, image+":"+opensearchtest.Version; got != want {
			t.Errorf("service %s runs %q, want %q", service, got, want)
		}
	}
}

func TestANodeTakesTheAssets(t *testing.T) {
	// A node of its own: the templates are for every stream of the family.
	node := opensearchtest.Private(t, nil)
	for _, a := range Assets()[:3] {
		node.Must(t, "PUT", a.Path, string(a.Body), nil)
	}
	if got := create(t, node, "logs-otel-v1-anything", `{`+now+`,"attributes":{"request_id":"r"}}`); got[0] != 201 {
		t.Errorf("a document is refused: %v", got)
	}
	var reply struct {
		Streams []struct{ Template string } `json:"data_streams"`
	}
	node.Must(t, "GET", "/_data_stream/logs-otel-v1-anything", "", &reply)
	if len(reply.Streams) != 1 || reply.Streams[0].Template != Family {
		t.Errorf("streams %+v", reply.Streams)
	}
	// The template that is made for one stream wins over that of the family.
	b := boot(t, open(t, node), Options{Stream: "logs-otel-v1-special"})
	if r, err := b.EnsureTemplate(t.Context()); err != nil || !r.Created {
		t.Fatalf("%+v, %v", r, err)
	}
	node.Must(t, "GET", "/_data_stream/logs-otel-v1-special", "", &reply)
	if len(reply.Streams) != 1 || reply.Streams[0].Template != "logs-otel-v1-special" {
		t.Errorf("streams %+v", reply.Streams)
	}
}
