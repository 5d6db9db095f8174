package sluice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

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
		made, err := s.ensureTemplate(ctx, &k.plan, &opts)
		if err != nil {
			return nil, nil, err
		}
		h, err := opensearch.NewHandler(&opts)
		if err != nil {
			return nil, nil, errors.Join(err, made.close(ctx))
		}
		settled := s.lates.add(k.name, func() late {
			st := h.Stats()
			return late{failed: st.Failed + st.Dropped - st.NoRoom, dead: st.DeadLettered, pending: st.Queued, trouble: trouble(h, &st)}
		})
		return h, func(ctx context.Context) error {
			err := errors.Join(h.Close(ctx), made.close(ctx))
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

// trouble is what keeps h from delivering.
func trouble(h *opensearch.Handler, st *opensearch.Stats) string {
	if !st.FailingSince.IsZero() {
		return st.LastError
	}
	if err := h.Health(); err != nil {
		return err.Error()
	}
	return ""
}

// templates are what a sink writes into: index template, data stream and retention.
type templates struct {
	maker  *bootstrap.Bootstrap
	client *osclient.Client
	report func(error)
	keeper *bootstrap.Keeper // of a cluster without Index State Management
}

// answerWithin is how long opening a chain waits for the templates. A node that is slower has them made later, as one that is down.
const answerWithin = 5 * time.Second

// ensureTemplate makes what the sink writes into, when the configuration asks for it. A node that cannot do it now leaves it to
// opts.Prepare: the program starts, and its records wait. An error is what no waiting mends. The result is nil for nothing to make.
func (s *Stack) ensureTemplate(ctx context.Context, p *sinkPlan, opts *opensearch.Options) (*templates, error) {
	if !p.OpenSearch.EnsureTemplate {
		return nil, nil
	}
	client, err := osclient.New(opts.Connection)
	if err != nil {
		return nil, err
	}
	t := &templates{client: client, report: s.report}
	if t.maker, err = bootstrap.New(client, &bootstrap.Options{Stream: opts.Stream, Retention: p.keep}); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	first, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	switch err := t.make(first); {
	case err == nil:
	case ctx.Err() != nil, osclient.Definite(err):
		return nil, errors.Join(err, client.Close())
	default:
		opts.Prepare = t.make
	}
	return t, nil
}

// make makes them, and has them kept. It is called until it returns nil, by one goroutine at a time.
func (t *templates) make(ctx context.Context) error {
	report, err := t.maker.EnsureTemplate(ctx)
	if err != nil {
		return err
	}
	if report.Keeper {
		t.keeper = t.maker.Keep(&bootstrap.KeeperOptions{OnError: t.report})
	}
	return nil
}

// close ends what make has started. Nobody calls make any more.
func (t *templates) close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	var err error
	if t.keeper != nil {
		err = t.keeper.Close(ctx)
	}
	return errors.Join(err, t.client.Close())
}
