//go:build !race

package chain_test

import (
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
)

type keep struct{ _ byte }

func (*keep) MaskAttrs(attrs []slog.Attr) []slog.Attr { return attrs }

func TestARememberedMaskedFormCostsNoAllocation(t *testing.T) {
	b := chain.NewBlock([]slog.Attr{slog.Int("a", 1)})
	root := chain.Root{Mask: new(keep)}
	if n := testing.AllocsPerRun(100, func() { root.MaskedBlock(b) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
