package opensearch

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// firstBackoff bounds the wait after the first failure; the bound doubles with each further one.
const firstBackoff = 100 * time.Millisecond

// backoff is a wait before attempt n+1: full jitter, a random part of a bound that doubles up to most ("Exponential Backoff
// And Jitter", AWS Architecture Blog, 2015). It is never under 5 ms.
func backoff(n int, most time.Duration) time.Duration {
	bound := most
	if n < 20 {
		bound = min(firstBackoff<<max(n-1, 0), most)
	}
	return max(rand.N(bound), min(5*time.Millisecond, most))
}

// A circuit keeps requests from a node that does not answer. A failed request opens it for a while; then one request is let
// through as a probe, and all the others when that succeeds.
type circuit struct {
	most time.Duration // the longest wait

	mu       sync.Mutex
	failures int       // in a row
	since    time.Time // the first of them
	until    time.Time
	probing  bool
	changed  chan struct{} // closed at the next change
}

func (c *circuit) init(most time.Duration) { c.most, c.changed = most, make(chan struct{}) }

// enter waits until a request may be sent. Who enters calls succeeded or failed. It returns false when ctx ends first.
func (c *circuit) enter(ctx context.Context) bool {
	for {
		if ctx.Err() != nil {
			return false
		}
		c.mu.Lock()
		if c.failures == 0 {
			c.mu.Unlock()
			return true
		}
		wait, changed := time.Until(c.until), c.changed
		if wait <= 0 && !c.probing {
			c.probing = true
			c.mu.Unlock()
			return true
		}
		probing := c.probing
		c.mu.Unlock()
		if probing {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (c *circuit) succeeded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures > 0 {
		c.failures, c.since, c.probing = 0, time.Time{}, false
		c.change()
	}
}

// failed opens the circuit. Of requests that failed together the first counts.
func (c *circuit) failed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.failures > 0 && !c.probing && now.Before(c.until) {
		return
	}
	if c.failures == 0 {
		c.since = now
	}
	c.failures++
	c.probing = false
	c.until = now.Add(backoff(c.failures, c.most))
	c.change()
}

// leave ends a probe that came to no result.
func (c *circuit) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.probing = false
	c.change()
}

func (c *circuit) change() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// state returns how many requests have failed in a row and since when.
func (c *circuit) state() (failures int, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failures, c.since
}

// pause waits for d; false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
