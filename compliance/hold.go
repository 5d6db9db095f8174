package compliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

// holdEntry is what an audit log keeps of a hold. Its query may name a person and stands in the store alone, while the hold does.
type holdEntry struct {
	ID     string `json:"id"`
	Store  string `json:"store"`
	Reason string `json:"reason"`
	By     string `json:"by"`
	Since  string `json:"since"`
}

// PlaceHold places a hold on the store in dir (see store.PlaceHold) and records that through log, which has an audit.Handler. A hold that
// cannot be recorded stays placed: the error then wraps audit.ErrNotRecorded. By is wanted.
func PlaceHold(ctx context.Context, dir string, h store.Hold, log *slog.Logger) (store.Hold, error) {
	if h.By == "" {
		return h, errors.New("compliance: hold: want who places it")
	}
	if h.Query.Expr == nil {
		return h, errors.New("compliance: hold: want a query; * holds everything")
	}
	h, err := store.PlaceHold(ctx, dir, h)
	if err != nil {
		return h, err
	}
	err = audit.Log(ctx, log, "Legal hold placed", audit.Event{
		Actor: audit.Actor{ID: h.By}, Action: ActionHold, Kind: audit.KindCreate, Outcome: audit.Success, Reason: h.Reason,
		Target: audit.Target{Type: "hold", ID: h.ID}, New: entryOf(dir, h),
	})
	if err != nil {
		return h, fmt.Errorf("compliance: the hold %s is placed and not recorded: %w", h.ID, err)
	}
	return h, nil
}

// LiftHold records that the hold with this ID ends, and why, and then ends it: a hold whose end cannot be recorded stays. The error
// wraps store.ErrNoHold when there is none.
func LiftHold(ctx context.Context, dir, id, by, reason string, log *slog.Logger) (store.Hold, error) {
	if by == "" || reason == "" {
		return store.Hold{}, errors.New("compliance: hold: want who lifts it, and why")
	}
	holds, err := store.Holds(dir)
	if err != nil {
		return store.Hold{}, err
	}
	i := slices.IndexFunc(holds, func(h store.Hold) bool { return h.ID == id })
	if i < 0 {
		return store.Hold{}, fmt.Errorf("%w: %s", store.ErrNoHold, id)
	}
	err = audit.Log(ctx, log, "Legal hold lifted", audit.Event{
		Actor: audit.Actor{ID: by}, Action: ActionLift, Kind: audit.KindDelete, Outcome: audit.Success, Reason: reason,
		Target: audit.Target{Type: "hold", ID: id}, Old: entryOf(dir, holds[i]),
	})
	if err != nil {
		return holds[i], fmt.Errorf("compliance: the hold stays: %w", err)
	}
	return store.LiftHold(ctx, dir, id)
}

func entryOf(dir string, h store.Hold) holdEntry {
	return holdEntry{h.ID, dir, h.Reason, h.By, h.Since.UTC().Format("2006-01-02T15:04:05Z")}
}

// HoldQueries returns the queries of the holds on the store in dir, for places that know of none: Erasure.Holds, and Retention.Holds of
// package handler/opensearch/bootstrap.
func HoldQueries(dir string) ([]search.Query, error) {
	holds, err := store.Holds(dir)
	if err != nil {
		return nil, err
	}
	var out []search.Query
	for _, h := range holds {
		out = append(out, h.Query)
	}
	return out, nil
}
