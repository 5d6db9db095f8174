package mask

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
)

// capture keeps the records that it is given, as a chain.Handler, with the groups that are open.
type capture struct {
	*captured
	groups []string
	attrs  []slog.Attr
}

type captured struct {
	mu      sync.Mutex
	records []slog.Record
	roots   []chain.Root
	with    [][]slog.Attr
	names   []string
}

func newCapture() capture { return capture{captured: &captured{}} }

func (c capture) Enabled(context.Context, slog.Level) bool { return true }
func (c capture) Handle(ctx context.Context, r slog.Record) error {
	return c.HandleRoot(ctx, r, chain.Root{})
}
func (c capture) HandleRoot(_ context.Context, r slog.Record, root chain.Root) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records, c.roots = append(c.records, r), append(c.roots, root)
	return nil
}
func (c capture) WithAttrs(a []slog.Attr) slog.Handler {
	c.with = append(c.with, a)
	return c
}
func (c capture) WithGroup(n string) slog.Handler { c.names = append(c.names, n); return c }

func (c capture) last(t *testing.T) slog.Record {
	t.Helper()
	if len(c.records) == 0 {
		t.Fatal("no record arrived")
	}
	return c.records[len(c.records)-1]
}

func attrsOf(r slog.Record) (out []slog.Attr) {
	r.Attrs(func(a slog.Attr) bool { out = append(out, a); return true })
	return out
}

// printed logs through every encoder that the standard library has, and returns all that came out.
func printed(opts *Options, log func(*slog.Logger)) string {
	var out bytes.Buffer
	mw := Middleware(opts)
	log(slog.New(mw(slog.NewJSONHandler(&out, nil))))
	log(slog.New(mw(slog.NewTextHandler(&out, nil))))
	c := newCapture()
	log(slog.New(mw(c)))
	for _, r := range c.records {
		fmt.Fprintln(&out, r.Message)
		for _, a := range attrsOf(r) {
			printAttr(&out, a)
		}
	}
	for _, attrs := range c.with {
		for _, a := range attrs {
			printAttr(&out, a)
		}
	}
	fmt.Fprintln(&out, c.names)
	return out.String()
}

func printAttr(out *bytes.Buffer, a slog.Attr) {
	fmt.Fprintf(out, "%s=", a.Key)
	if a.Value.Kind() == slog.KindGroup {
		for _, g := range a.Value.Group() {
			printAttr(out, g)
		}
		return
	}
	fmt.Fprintf(out, "%+v\n", a.Value.Any())
}

// jsonLine logs one record and returns its attributes as JSON.
func jsonLine(t *testing.T, opts *Options, args ...any) string {
	t.Helper()
	var out bytes.Buffer
	h := slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
		if len(g) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{}
		}
		return a
	}})
	slog.New(NewHandler(h, opts)).Info("m", args...)
	line := strings.TrimSpace(out.String())
	if !json.Valid([]byte(line)) {
		t.Errorf("not JSON: %s", line)
	}
	return line
}
