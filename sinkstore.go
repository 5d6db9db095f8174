package sluice

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/handler/archive"
	"github.com/sluicelog/sluice/store"
)

// storeOptions are the options of the store that c describes; parse reads the name of a level and tells of what is none.
func storeOptions(c StoreConfig, parse func(field, text string) slog.Leveler) *store.Options {
	o := &store.Options{Sync: store.SyncPolicy(c.Sync), Retention: store.Retention{MaxAge: c.Keep, MaxBytes: int64(c.MaxBytes)}}
	for _, name := range slices.Sorted(maps.Keys(c.KeepLevels)) {
		if l := parse("keep_levels."+name, name); l != nil {
			if o.Retention.Levels == nil {
				o.Retention.Levels = make(map[slog.Level]time.Duration)
			}
			o.Retention.Levels[l.Level()] = c.KeepLevels[name]
		}
	}
	return o
}

// openStore opens the store of a sink, or shares it with the generation before: a directory has one writer.
func (s *Stack) openStore(k *sink, least slog.Leveler) (slog.Handler, error) {
	h, release, err := s.stores.acquire(k.plan.Path, fmt.Sprintf("%+v %s %v", k.plan.Store, k.plan.Level, k.plan.Source),
		func() (*archive.Handler, func(context.Context) error, error) {
			opts := *k.plan.store
			opts.OnError = s.report
			st, err := store.Open(k.plan.Path, &opts)
			if err != nil {
				return nil, nil, err
			}
			// The meter counts what Handle returns, and the stack reports it.
			h, err := archive.NewHandler(st, &archive.Options{Level: least, AddSource: k.plan.Source, OnError: func(error) {}})
			if err != nil {
				return nil, nil, err
			}
			// A store takes records before they are on the disk. Those that it cannot bring there by its end are lost.
			var closing atomic.Bool
			settled := s.lates.add(k.name, func() late {
				if !closing.Load() {
					return late{}
				}
				return late{failed: uint64(st.Stats().Pending)}
			})
			return h, func(ctx context.Context) error {
				closing.Store(true)
				err := h.Close(ctx)
				if err == nil {
					settled()
				}
				return err
			}, nil
		})
	if err != nil {
		return nil, err
	}
	k.flush, k.close, k.store = h.Flush, release, h.Store()
	return h, nil
}

// Stores returns the stores that the chain's sinks write now, by the sinks' names: for searching them, and for erasing from them while the
// program runs (compliance.Store). They belong to the Stack, which closes them.
func (s *Stack) Stores() map[string]*store.Store {
	out := map[string]*store.Store{}
	for _, k := range s.current.Load().sinks {
		if k.store != nil {
			out[k.name] = k.store
		}
	}
	return out
}
