//go:build !race

package entity_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
	"github.com/sluicelog/sluice/internal/chain"
)

func TestARecordWithoutNamesAllocatesNothing(t *testing.T) {
	ctx := context.Background()
	root := chain.Root{Static: chain.NewBlock([]slog.Attr{slog.String("service", "x")}), Scope: chain.NewBlock([]slog.Attr{slog.String("request_id", "x")})}
	for _, msg := range []string{texts[0].text, texts[1].text, texts[2].text} {
		for _, cache := range []int{-1, 0} {
			h := entity.NewHandler(discard{}, &entity.Options{Cache: cache})
			r := tenAttrs(msg)
			if n := testing.AllocsPerRun(200, func() { _ = h.HandleRoot(ctx, r, root) }); n != 0 {
				t.Errorf("%q, cache %d: %v allocations", msg, cache, n)
			}
		}
	}
}

func TestFindingNamesAllocatesNothing(t *testing.T) {
	dst := make([]mask.Entity, 0, 8)
	for _, tc := range texts {
		for _, cache := range []int{-1, 0} {
			tagger := entity.NewTagger(&entity.Options{Cache: cache})
			if n := testing.AllocsPerRun(200, func() { dst = tagger.Detect(context.Background(), tc.text, dst[:0]) }); n != 0 {
				t.Errorf("%s, cache %d: %v allocations", tc.name, cache, n)
			}
		}
	}
}

func TestMaskingATextAllocatesTheTextAlone(t *testing.T) {
	m := entity.New(&entity.Options{Cache: -1})
	if n := testing.AllocsPerRun(200, func() { m.Text(texts[4].text) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
}
