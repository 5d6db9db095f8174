package main

import (
	"bytes"
	"testing"

	"github.com/sluicelog/sluice/audit"
)

func TestTheLogIsSoundAndAgreesWithItsAnchors(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if err := run(t.Context(), &out, dir, 700); err != nil {
		t.Fatal(err)
	}
	anchors, err := audit.ReadAnchors(&out)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Verify(t.Context(), dir, &audit.VerifyOptions{Anchors: anchors})
	if err != nil || !r.Sound || r.Entries < 700 || r.Covered != r.Entries || r.Epochs < 2 || r.Anchors < 5 {
		t.Errorf("%+v %v", r, err)
	}
}
