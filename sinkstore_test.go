package sluice_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/compliance"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/slogrec"
	"github.com/sluicelog/sluice/store"
)

// stored returns the lines that a query finds in the store of dir.
func stored(t testing.TB, dir, query string) []string {
	t.Helper()
	r, err := store.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	q, err := search.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for hit, err := range r.Searcher(nil).Records(t.Context(), &search.Request{Query: q, Limit: search.Unlimited, Sort: search.Sort{Order: search.Arrival}}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(hit.Line))
	}
	return out
}

func TestARecordIsFoundInTheStoreAfterFlush(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	stack := open(t, sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "store", Path: dir}}})
	stack.Logger().Info("stage completed", "stage", "denoise", "password", "hunter2")
	if err := stack.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := stored(t, dir, "stage:denoise")
	if len(got) != 1 || !strings.Contains(got[0], `"msg":"stage completed"`) || strings.Contains(got[0], "hunter2") {
		t.Errorf("the store has %q", got)
	}
	if st := stack.Stats(); !st.Balanced() || st.Delivered != 1 {
		t.Errorf("the books:\n%s", st)
	}
}

func TestAReloadKeepsTheStoreOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	cfg := sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "store", Path: dir}}}
	stack := open(t, cfg)
	for i := range 5 {
		stack.Logger().Info("m", "i", i)
		cfg.Queue = &sluice.QueueConfig{Capacity: 100 + i}
		if err := stack.Reload(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	if err := stack.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, dir, "*"); len(got) != 5 {
		t.Errorf("the store has %d records of 5", len(got))
	}
	cfg.Sinks[0].Store.Sync = "always"
	if err := stack.Reload(t.Context(), cfg); !errors.Is(err, sluice.ErrClosed) {
		t.Errorf("a closed stack answered %v", err)
	}
}

func TestAReloadThatWouldChangeAnOpenStoreIsRefused(t *testing.T) {
	cfg := sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "store", Path: t.TempDir()}}}
	stack := open(t, cfg)
	cfg.Sinks = []sluice.SinkConfig{{Type: "store", Path: cfg.Sinks[0].Path, Store: sluice.StoreConfig{Sync: "always"}}}
	if err := stack.Reload(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "in use with other settings") {
		t.Errorf("Reload: %v", err)
	}
	stack.Logger().Info("goes on")
	if err := stack.Flush(t.Context()); err != nil || stack.Stats().Delivered != 1 {
		t.Errorf("after the refusal: %v\n%s", err, stack.Stats())
	}
}

func TestAnOptionalSinkThatCannotBeOpenedIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	open(t, sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "store", Path: dir}}})
	var told error
	var out bytes.Buffer
	second := open(t, sluice.Config{Environment: sluice.Staging, Stdout: &out, OnError: func(err error) { told = err },
		Sinks: []sluice.SinkConfig{{Type: "json"}, {Type: "store", Path: dir, Optional: true}}})
	if !errors.Is(told, store.ErrLocked) {
		t.Errorf("told %v, want %v", told, store.ErrLocked)
	}
	second.Logger().Info("m")
	if err := second.Flush(t.Context()); err != nil || out.Len() == 0 {
		t.Errorf("the other sink got %q, %v", out.String(), err)
	}
	if _, err := sluice.Open(t.Context(), sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "store", Path: dir}}}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("one that is not optional: %v", err)
	}
}

func TestTheBooksBalanceWithACollapsingSink(t *testing.T) {
	for name, sinks := range map[string][]sluice.SinkConfig{
		"alone":                  {{Type: "null", Collapse: &sluice.CollapseConfig{}}},
		"beside one that is":     {{Type: "null", Collapse: &sluice.CollapseConfig{}}, {Type: "null", Collapse: &sluice.CollapseConfig{Threshold: 50}}},
		"beside one that is not": {{Type: "null", Collapse: &sluice.CollapseConfig{}}, {Type: "null"}},
	} {
		t.Run(name, func(t *testing.T) {
			stack := open(t, sluice.Config{Environment: sluice.Staging, Sinks: sinks, Queue: &sluice.QueueConfig{Capacity: 100_000}})
			produce(stack.Logger(), produced)
			if st := stack.Stats(); !st.Balanced() {
				t.Errorf("while records are held:\n%s", st)
			}
			if err := stack.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			st := stack.Stats()
			if !st.Balanced() || st.Accepted != produced || st.Queued != 0 {
				t.Errorf("the books:\n%s", st)
			}
			if collapsed := st.Collapsed > 0; collapsed != (name != "beside one that is not") {
				t.Errorf("%d collapsed:\n%s", st.Collapsed, st)
			}
			if st.Sinks["null-0"].Collapsed == 0 {
				t.Errorf("the collapsing sink's figures: %+v", st.Sinks["null-0"])
			}
		})
	}
}

func TestClosingSettlesWhatACollapsingSinkHolds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	good := slogrec.New()
	stack := open(t, sluice.Config{Environment: sluice.Staging, OnError: func(error) {}, Handlers: []slog.Handler{good},
		Sinks: []sluice.SinkConfig{{Type: "store", Path: dir, Collapse: &sluice.CollapseConfig{}}}, Queue: &sluice.QueueConfig{Capacity: 100_000}})
	produce(stack.Logger(), produced)
	if err := stack.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if st := stack.Stats(); !st.Balanced() || st.Accepted != produced || st.Failed != 0 {
		t.Errorf("the books:\n%s", st)
	}
	if lines := stored(t, dir, "count:*"); len(lines) == 0 {
		t.Error("no collapsed record is in the store")
	}
}

func TestARunningProgramErasesFromItsOwnStores(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s, err := sluice.Open(t.Context(), sluice.Config{Environment: sluice.Test, Sinks: []sluice.SinkConfig{{Name: "archive", Type: "store", Path: dir}, {Type: "null"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		s.Logger().Info("login", "user_id", fmt.Sprintf("u_%d", i%2))
	}
	stores := s.Stores()
	if len(stores) != 1 || stores["archive"] == nil {
		t.Fatalf("%v", stores)
	}
	e := compliance.Erasure{Query: search.MustParse("user_id:u_1"), Reason: "request 7", By: "dpo", Places: []compliance.Place{compliance.Store(stores["archive"], dir)}}
	e.Dry = true
	if r, err := e.Run(t.Context()); err != nil || r.Found[0].Matched != 5 || r.Erased() != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	e.Dry = false
	if r, err := e.Run(t.Context()); err != nil || r.Erased() != 5 || !r.Complete {
		t.Errorf("%+v, %v", r, err)
	}
	s.Logger().Info("logout", "user_id", "u_0")
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAFlushAfterCloseHasNothingToDo(t *testing.T) {
	clearEnv(t)
	for _, env := range []string{sluice.Development, sluice.Test, sluice.Staging, sluice.Production} {
		t.Chdir(t.TempDir())
		stack, err := sluice.Open(t.Context(), sluice.Config{Environment: env, Stdout: io.Discard, Stderr: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		if err := stack.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := stack.Flush(t.Context()); err != nil {
			t.Errorf("%s: %v", env, err)
		}
	}
}

func TestRecordsThatAStoreCannotBringToTheDiskAreNotDelivered(t *testing.T) {
	clearEnv(t)
	dir := filepath.Join(t.TempDir(), "logs")
	stack, err := sluice.Open(t.Context(), sluice.Config{
		Environment: sluice.Development, Sinks: []sluice.SinkConfig{{Type: "store", Path: dir}}, OnError: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	// A file where the journal's directory was is as good as a full disk.
	if err := os.RemoveAll(filepath.Join(dir, "tail")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tail"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		stack.Logger().Info("m")
	}
	if err := stack.Close(t.Context()); err == nil {
		t.Error("no error of Close")
	}
	if st := stack.Stats(); st.Accepted != 10 || st.Failed != 10 || st.Delivered != 0 || st.Sinks["store-0"].Failed != 10 {
		t.Errorf("%+v", st)
	}
}
