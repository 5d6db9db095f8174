package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Sync forces to disk what Append has taken. When ctx ends first it returns its error and the fsync goes on behind it.
func (j *Journal) Sync(ctx context.Context) error {
	j.mu.Lock()
	err := j.usable()
	j.mu.Unlock()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- j.syncNow() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("journal: sync: %w", context.Cause(ctx))
	}
}

// syncer syncs each interval, and finished segments whatever the policy.
func (j *Journal) syncer() {
	var tick <-chan time.Time
	if j.opts.Sync == SyncInterval {
		t := time.NewTicker(j.opts.Interval)
		defer t.Stop()
		tick = t.C
	}
	for {
		all := true
		select {
		case <-tick:
		case <-j.again:
			all = false
		case <-j.stop:
			return
		}
		j.mu.Lock()
		due := j.failed == nil && (len(j.rolled) > 0 || all && j.synced < j.last)
		j.mu.Unlock()
		if !due {
			continue
		}
		if all {
			j.errs.Report(j.syncNow())
		} else {
			j.syncMu.Lock()
			j.errs.Report(j.syncRolled())
			j.syncMu.Unlock()
		}
	}
}

// syncNow forces everything to disk that was written before the call.
func (j *Journal) syncNow() error {
	j.syncMu.Lock()
	defer j.syncMu.Unlock()
	j.mu.Lock()
	last, done := j.last, j.synced == j.last && len(j.rolled) == 0
	err := j.failed
	j.mu.Unlock()
	if err != nil || done {
		return err
	}
	if err := j.syncRolled(); err != nil {
		return err
	}
	if j.active != nil { // what it does not hold any more has just been synced
		j.syncs.Add(1)
		if err := j.active.Sync(); err != nil {
			return j.syncFailed(err)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.synced = max(j.synced, last)
	return nil
}

// syncRolled syncs and closes the finished segments. syncMu is held.
func (j *Journal) syncRolled() error {
	for {
		j.mu.Lock()
		if len(j.rolled) == 0 {
			j.mu.Unlock()
			return nil
		}
		f := j.rolled[0]
		j.rolled = j.rolled[1:]
		j.mu.Unlock()
		j.syncs.Add(1)
		if err := f.Sync(); err != nil {
			return j.syncFailed(errors.Join(err, f.Close()))
		}
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			return j.syncFailed(err)
		}
	}
}

func (j *Journal) syncFailed(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fail(err)
	return j.failed
}
