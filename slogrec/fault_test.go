package slogrec_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/slogrec"
)

func messages(recs []slogrec.Record) []string {
	out := make([]string, len(recs))
	for i, r := range recs {
		out[i] = r.Message
	}
	return out
}

func handle(h slog.Handler, msg string, l slog.Level) error {
	return h.Handle(context.Background(), slog.NewRecord(time.Time{}, l, msg, 0))
}

func TestFailWithRefusesWhatMatches(t *testing.T) {
	errDisk := errors.New("disk")
	rec := slogrec.New(slogrec.FailWith(errDisk, slogrec.Level(slog.LevelError), slogrec.First(2)))
	var errs []error
	for _, m := range []string{"1", "2", "3"} {
		errs = append(errs, handle(rec, "i"+m, slog.LevelInfo), handle(rec, "e"+m, slog.LevelError))
	}
	if diff := cmp.Diff([]error{nil, errDisk, nil, errDisk, nil, nil}, errs, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"i1", "i2", "i3", "e3"}, messages(rec.Records())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"e1", "e2"}, messages(rec.Refused())); diff != "" {
		t.Error(diff)
	}
}

func TestPanicWithRefusesAndPanics(t *testing.T) {
	rec := slogrec.New(slogrec.PanicWith("boom"))
	func() {
		defer func() {
			if v := recover(); v != "boom" {
				t.Errorf("recovered %v", v)
			}
		}()
		_ = handle(rec.WithGroup("g"), "m", slog.LevelInfo)
	}()
	if rec.Len() != 0 || len(rec.Refused()) != 1 {
		t.Errorf("%d recorded, %d refused", rec.Len(), len(rec.Refused()))
	}
}

func TestGateHoldsUntilOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gate slogrec.Gate
		rec := slogrec.New(slogrec.BlockOn(&gate, slogrec.MessageContains("slow")))
		for range 5 {
			go func() { _ = handle(rec, "slow", slog.LevelInfo) }()
		}
		_ = handle(rec, "fast", slog.LevelInfo)
		check := func(step string, waiting, recorded int) {
			t.Helper()
			synctest.Wait()
			if gate.Waiting() != waiting || rec.Len() != recorded {
				t.Errorf("%s: %d waiting, %d recorded, want %d and %d", step, gate.Waiting(), rec.Len(), waiting, recorded)
			}
		}
		gate.Await(5)
		check("shut", 5, 1)
		gate.Pass(2)
		check("two passes", 3, 3)
		gate.Open()
		check("open", 0, 6)
		_ = handle(rec, "slow", slog.LevelInfo)
		gate.Pass(1)
		gate.Shut()
		go func() { _ = handle(rec, "slow", slog.LevelInfo) }()
		check("shut again", 1, 7)
		gate.Pass(1)
		check("one pass", 0, 8)
	})
}
