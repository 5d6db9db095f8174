package fields_test

import (
	"testing"

	"github.com/sluicelog/sluice/internal/fields"
)

func TestEveryRowIsFoundFromBothSides(t *testing.T) {
	for _, f := range fields.Table {
		if got := fields.DocumentPath(f.Key); got != f.Document {
			t.Errorf("DocumentPath(%q) = %q, want %q", f.Key, got, f.Document)
		}
		if got := fields.KeyPath(f.Document); got != f.Key {
			t.Errorf("KeyPath(%q) = %q, want %q", f.Document, got, f.Key)
		}
	}
}

func TestNamesAndDocumentPathsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range fields.Table {
		for _, name := range []string{"key " + f.Key, "document " + f.Document} {
			if seen[name] {
				t.Errorf("%s stands twice", name)
			}
			seen[name] = true
		}
	}
}

func TestOtherAttributesKeepTheirPath(t *testing.T) {
	if got := fields.DocumentPath("job.stage"); got != "attributes.job.stage" {
		t.Errorf("DocumentPath = %q", got)
	}
	if got := fields.KeyPath("attributes.job.stage"); got != "job.stage" {
		t.Errorf("KeyPath = %q", got)
	}
	if fields.ByKey("job.stage") != nil {
		t.Error("ByKey knows what the table does not name")
	}
}
