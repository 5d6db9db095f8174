//go:build !race

package mask

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestCleanRecordsAllocateNothing(t *testing.T) {
	ctx := context.Background()
	h := NewHandler(nop{}, nil)
	root := chain.Root{Static: chain.NewBlock([]slog.Attr{slog.String("service", "x")}), Scope: chain.NewBlock([]slog.Attr{slog.String("request_id", "x")})}
	for _, tc := range []struct {
		name string
		r    slog.Record
	}{
		{"ten attributes", tenClean()},
		{"struct and map", record("m", slog.Any("s", &account{Name: "n", Contact: &contact{Mail: "none", Extra: map[string]string{"a": "b"}}}), slog.Any("m", map[string]any{"a": "b", "n": 1, "f": 1.5}))},
		{"struct by value", record("m", slog.Any("s", account{Name: "n"}))},
		{"lists", record("m", slog.Any("s", []string{"a", "b"}), slog.Any("a", []any{1, "b", nil}), slog.Any("i", []int{1, 2}), slog.Any("b", []byte("bytes")))},
		{"header", record("m", slog.Any("s", http.Header{"Accept": {"*/*"}}))},
		{"JSON text", record("m", slog.String("s", `{"a":[1,2,{"b":"c"}]}`))},
		{"group", record("m", slog.Group("g", slog.Int("a", 1), slog.Group("h", slog.String("b", "c"))))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			limit := 0.0
			if tc.name == "header" {
				limit = 2 // a place for the key and one for the value
			}
			if n := testing.AllocsPerRun(100, func() { _ = h.HandleRoot(ctx, tc.r, root) }); n > limit {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func TestACleanErrorAllocatesItsChainOnly(t *testing.T) {
	h := NewHandler(nop{}, nil)
	r := record("m", slog.Any("err", errors.New("not found")))
	if n := testing.AllocsPerRun(100, func() { _ = h.Handle(context.Background(), r) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestACleanLineAllocatesNothing(t *testing.T) {
	m := New(nil)
	line := []byte(`{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"stage finished","n":[1,2.5,null]}`)
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { dst = m.AppendLine(dst[:0], line) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
