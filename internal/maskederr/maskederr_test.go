package maskederr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestErrorTellsTypeAndChain(t *testing.T) {
	chain := []string{"a: b", "b"}
	e := New("pkg.Error", chain)
	chain[0] = "changed"
	e.Chain()[1] = "changed"
	if diff := cmp.Diff([]string{"pkg.Error", "a: b", "a: b", "b"}, append([]string{e.TypeName(), e.Error()}, e.Chain()...)); diff != "" {
		t.Error(diff)
	}
}

func TestNoErrorIsReadable(t *testing.T) {
	var e *Error
	if e.Error() != "<nil>" || e.TypeName() != "" || e.Chain() != nil || New("x", nil).Error() != "<nil>" {
		t.Error("a nil Error says something")
	}
}
