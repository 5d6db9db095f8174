package sluice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice/handler/opensearch"
	"github.com/sluicelog/sluice/handler/opensearch/bootstrap"
	"github.com/sluicelog/sluice/internal/osclient"
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
	if c.Wait {
		o.Overflow = opensearch.Block
	}
	if c.SpoolBytes > 0 {
		o.SpoolOptions = &opensearch.SpoolOptions{MaxBytes: int64(c.SpoolBytes)}
	}
	return o
}

// openSearch opens the sink, or shares it with the generation before: a spool is one handler's.
func (s *Stack) openSearch(ctx context.Context, cfg *Config, k *sink) (slog.Handler, error) {
	c := k.plan.OpenSearch
	// Secrets are part of the setting, which is compared and never shown.
	setting := fmt.Sprintf("%+v %s %s %s %v", c, string(c.Password), string(c.Token), k.plan.Level, k.plan.Source)
	h, release, err := s.searchers.acquire(k.name, setting, func() (*opensearch.Handler, func(context.Context) error, error) {
		opts := *k.plan.search
		opts.AddSource, opts.OnError, opts.ID = k.plan.Source, s.report, cfg.DocumentID
		keeper, err := s.ensureTemplate(ctx, &k.plan, &opts)
		if err != nil {
			return nil, nil, err
		}
		h, err := opensearch.NewHandler(&opts)
		if err != nil {
			return nil, nil, errors.Join(err, keeper(ctx))
		}
		settled := s.lates.add(k.name, func() late {
			st := h.Stats()
			return late{failed: st.Failed + st.Dropped - st.NoRoom, dead: st.DeadLettered, pending: st.Queued}
		})
		return h, func(ctx context.Context) error {
			err := errors.Join(h.Close(ctx), keeper(ctx))
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

// ensureTemplate makes what the sink writes into, when the configuration asks for it. On a cluster without Index State Management
// the retention is the stack's own work, which the function that is returned ends.
func (s *Stack) ensureTemplate(ctx context.Context, p *sinkPlan, opts *opensearch.Options) (end func(context.Context) error, err error) {
	nothing := func(context.Context) error { return nil }
	if !p.OpenSearch.EnsureTemplate {
		return nothing, nil
	}
	client, err := osclient.New(opts.Connection)
	if err != nil {
		return nil, err
	}
	b, err := bootstrap.New(client, &bootstrap.Options{Stream: opts.Stream, Retention: p.keep})
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	report, err := b.EnsureTemplate(ctx)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	if !report.Keeper {
		return func(context.Context) error { return client.Close() }, nil
	}
	keeper := b.Keep(&bootstrap.KeeperOptions{OnError: s.report})
	return func(ctx context.Context) error { return errors.Join(keeper.Close(ctx), client.Close()) }, nil
}
