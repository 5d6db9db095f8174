package bootstrap

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sluicelog/sluice/internal/onerror"
)

// KeeperOptions are how a Keeper works. The zero value, and a nil pointer, are the recommended setting.
type KeeperOptions struct {
	// Every is the time between two passes, give or take a tenth so that several programs do not meet. 0 means 5 min; at least a second.
	Every time.Duration
	// Timeout bounds one pass. 0 means a minute.
	Timeout time.Duration
	// OnError receives the errors of passes; nil means stderr, the first of a kind per minute. The next pass tries again.
	OnError func(error)
}

// KeeperStats is what a Keeper has done.
type KeeperStats struct {
	Passes, Failed, Rollovers, Deleted uint64
	Last                               Pass
}

// Keeper keeps a stream within its retention, on clusters that have no Index State Management, until Close. Safe for concurrent use.
type Keeper struct {
	b    *Bootstrap
	opts KeeperOptions
	errs onerror.Sink

	cancel context.CancelFunc
	ended  chan struct{}

	mu    sync.Mutex
	stats KeeperStats
}

// Keep starts a Keeper, whose first pass is at once. opts may be nil; values out of range are clamped.
func (b *Bootstrap) Keep(opts *KeeperOptions) *Keeper {
	k := &Keeper{b: b, ended: make(chan struct{})}
	if opts != nil {
		k.opts = *opts
	}
	set(&k.opts.Every, 5*time.Minute)
	set(&k.opts.Timeout, time.Minute)
	k.opts.Every, k.opts.Timeout = max(k.opts.Every, time.Second), max(k.opts.Timeout, time.Millisecond)
	k.errs = onerror.Sink{Component: "bootstrap", Func: k.opts.OnError}
	var ctx context.Context
	ctx, k.cancel = context.WithCancel(context.Background())
	go k.run(ctx)
	return k
}

func (k *Keeper) run(ctx context.Context) {
	defer close(k.ended)
	for {
		k.pass(ctx)
		wait := k.opts.Every + time.Duration((rand.Float64()-0.5)*0.2*float64(k.opts.Every))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (k *Keeper) pass(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.Timeout)
	defer cancel()
	p, err := k.b.Retain(ctx)
	k.mu.Lock()
	k.stats.Passes++
	k.stats.Last = p
	k.stats.Deleted += uint64(len(p.Deleted))
	if p.RolledOver {
		k.stats.Rollovers++
	}
	if err != nil {
		k.stats.Failed++
	}
	k.mu.Unlock()
	k.errs.Report(err)
}

// Stats is what has been done so far.
func (k *Keeper) Stats() KeeperStats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

// Close ends the Keeper; a pass that is under way is cut short. It returns when the Keeper has ended, or with ctx's error. It may be called
// again.
func (k *Keeper) Close(ctx context.Context) error {
	k.cancel()
	select {
	case <-k.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
