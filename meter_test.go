package sluice

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	slogmulti "github.com/samber/slog-multi"

	"github.com/sluicelog/sluice/slogrec"
)

func TestT10_APanicOfASinkIsAnErrorThatFailoverSees(t *testing.T) {
	bad, good := slogrec.New(slogrec.PanicWith("secret value")), slogrec.New()
	var badCount, goodCount tally
	h := slogmulti.Failover()(newMeter(bad, "bad", &badCount), newMeter(good, "good", &goodCount))
	if err := h.Handle(context.Background(), slog.Record{Message: "m"}); err != nil {
		t.Fatal(err)
	}
	good.Require(t, slogrec.Message("m"))
	if badCount.panics.Load() != 1 || badCount.failed.Load() != 1 || goodCount.delivered.Load() != 1 {
		t.Errorf("bad: %d panics, %d failed; good: %d delivered", badCount.panics.Load(), badCount.failed.Load(), goodCount.delivered.Load())
	}
}

// The meter is there because slog-multi's own recovery hides the failure. When this fails, the meter may go.
func TestT10_RecoverHandlerErrorHidesAFailureFromFailover(t *testing.T) {
	bad, good := slogrec.New(slogrec.PanicWith("boom")), slogrec.New()
	recovered := slogmulti.RecoverHandlerError(func(context.Context, slog.Record, error) {})(bad)
	if err := slogmulti.Failover()(recovered, good).Handle(context.Background(), slog.Record{Message: "m"}); err != nil {
		t.Fatal(err)
	}
	good.RequireNone(t)
}

func TestT20_APanicOfOneSinkDoesNotStarveTheOthers(t *testing.T) {
	bad, good := slogrec.New(slogrec.PanicWith("boom")), slogrec.New()
	var count tally
	h := slogmulti.Fanout(newMeter(bad, "bad", &count), newMeter(good, "good", &count))
	err := h.Handle(context.Background(), slog.Record{Message: "m"})
	if pe := (*PanicError)(nil); !errors.As(err, &pe) || pe.Sink != "bad" || pe.Value != "boom" {
		t.Errorf("error = %v, want a PanicError of bad", err)
	}
	good.Require(t, slogrec.Message("m"))
}

func TestT20_EachSinkIsAskedForItsOwnLevel(t *testing.T) {
	all, errs := slogrec.New(), slogrec.New(slogrec.MinLevel(slog.LevelError))
	var count tally
	log := slog.New(slogmulti.Fanout(newMeter(all, "all", &count), newMeter(errs, "errs", &count)))
	log.Info("quiet")
	log.Error("loud")
	all.RequireCount(t, 2)
	errs.RequireCount(t, 1)
}

func TestAPanicErrorDoesNotTellTheValue(t *testing.T) {
	err := &PanicError{Sink: "s", Value: "hunter2"}
	if got := err.Error(); got != "sink s panicked with a string" {
		t.Error(got)
	}
}
