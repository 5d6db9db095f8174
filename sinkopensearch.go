package sluice

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice/handler/opensearch"
)

// openSearchOptions are the options of the sink that c describes.
func openSearchOptions(c OpenSearchConfig, least slog.Leveler) *opensearch.Options {
	o := &opensearch.Options{
		Connection: opensearch.Connection{URLs: c.URLs, Username: c.User, Password: opensearch.Secret(c.Password), Token: opensearch.Secret(c.Token),
			CAFile: c.CAFile, Pins: c.Pins, CertFile: c.CertFile, KeyFile: c.KeyFile},
		Stream: c.Stream, Level: allLevels, Format: opensearch.Format(c.Format), Gzip: c.Gzip, Spool: c.Spool, DeadLetters: c.DeadLetters,
	}
	if least != nil {
		o.Level = least
	}
	return o
}

// openSearch opens the sink, or shares it with the generation before: one spool is one process' and one handler's.
func (s *Stack) openSearch(k *sink) (slog.Handler, error) {
	setting := fmt.Sprintf("%#v %s %s", k.plan.OpenSearch, string(k.plan.OpenSearch.Password), string(k.plan.OpenSearch.Token))
	h, release, err := s.searchers.acquire(k.name, setting, func() (*opensearch.Handler, func(context.Context) error, error) {
		opts := *k.plan.search
		opts.AddSource, opts.OnError = k.plan.Source, s.report
		h, err := opensearch.NewHandler(&opts)
		if err != nil {
			return nil, nil, err
		}
		settled := s.lates.add(k.name, func() late {
			st := h.Stats()
			return late{failed: st.Failed + st.Dropped, pending: st.Queued}
		})
		return h, func(ctx context.Context) error {
			err := h.Close(ctx)
			settled()
			return err
		}, nil
	})
	if err != nil {
		return nil, err
	}
	k.flush, k.close = h.Flush, release
	return h, nil
}
