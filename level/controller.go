package level

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Controller holds the level of every logger and package, and may be changed at any time. The zero Controller is INFO for
// all. It must not be copied. Safe for concurrent use.
//
// It is a slog.Leveler (its default level) and an http.Handler.
type Controller struct {
	current atomic.Pointer[rules]

	mu sync.Mutex
	// base is what holds when no temporary rules do: nil unless some do.
	base  *rules
	until time.Time
	timer *time.Timer

	onChange  func(old, new string)
	changes   []change
	notifying bool
}

type change struct{ old, new string }

// NewController returns a controller of what spec says (see the package documentation); an empty spec is INFO for all. The
// error quotes the item that is wrong and says what is allowed.
func NewController(spec string) (*Controller, error) {
	rs, err := parseSpec(spec)
	if err != nil {
		return nil, err
	}
	c := &Controller{}
	c.current.Store(rs)
	return c, nil
}

// FromEnv returns a controller of what the environment variable called name says; INFO for all when it is unset or empty.
func FromEnv(name string) (*Controller, error) {
	c, err := NewController(os.Getenv(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

func (c *Controller) rules() *rules {
	if rs := c.current.Load(); rs != nil {
		return rs
	}
	return defaults
}

// Level returns the default level.
func (c *Controller) Level() slog.Level { return c.rules().fallback }

// String returns what holds now as a spec in canonical form: the default level, then the prefixes in order.
// NewController(c.String()) makes the same decisions.
func (c *Controller) String() string { return c.rules().spec }

// Set makes spec hold from now on, for all handlers at once, and ends temporary rules. On an error nothing changes.
func (c *Controller) Set(spec string) error {
	rs, err := parseSpec(spec)
	if err != nil {
		return err
	}
	return c.change(0, func(*rules) (*rules, error) { return rs, nil }, true)
}

// SetFor makes spec hold for d, which must be positive; then what held before does again. Temporary rules that hold
// already are replaced, and what held before them comes back.
func (c *Controller) SetFor(spec string, d time.Duration) error {
	if d <= 0 {
		return &inputError{"for", d.String(), "a duration above 0, such as 10m"}
	}
	rs, err := parseSpec(spec)
	if err != nil {
		return err
	}
	return c.change(d, func(*rules) (*rules, error) { return rs, nil }, true)
}

// setLogger gives the loggers and packages below prefix (all for "") the level l, for d or, with d zero, for good; then it
// goes into temporary rules too where some hold.
func (c *Controller) setLogger(prefix string, l slog.Level, d time.Duration) error {
	return c.change(d, func(rs *rules) (*rules, error) { return rs.with(prefix, l) }, false)
}

// change derives new rules. With d they are temporary; else edit is applied to the permanent rules and, unless it replaces
// everything, to the temporary ones.
func (c *Controller) change(d time.Duration, edit func(*rules) (*rules, error), whole bool) error {
	c.mu.Lock()
	current := c.rules()
	next, err := edit(current)
	if err != nil {
		c.mu.Unlock()
		return err
	}
	switch {
	case d > 0:
		if c.base == nil {
			c.base = current
		}
		c.arm(d)
	case c.base == nil:
	case whole:
		c.disarm()
	default:
		base, err := edit(c.base)
		if err != nil {
			c.mu.Unlock()
			return err
		}
		c.base = base
	}
	c.store(current, next)
	c.mu.Unlock()
	c.notify()
	return nil
}

// arm has the base hold again after d. The lock is held.
func (c *Controller) arm(d time.Duration) {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.until = time.Now().Add(d)
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		c.mu.Lock()
		if c.timer == t { // else it was replaced while it fired
			base := c.base
			c.disarm()
			c.store(c.rules(), base)
		}
		c.mu.Unlock()
		c.notify()
	})
	c.timer = t
}

// disarm forgets the base. The lock is held.
func (c *Controller) disarm() {
	c.timer.Stop()
	c.base, c.timer, c.until = nil, nil, time.Time{}
}

// store makes next hold. The lock is held.
func (c *Controller) store(old, next *rules) {
	c.current.Store(next)
	if c.onChange != nil && old.spec != next.spec {
		c.changes = append(c.changes, change{old.spec, next.spec})
	}
}

// OnChange has fn told of every change, one after the other in order, in the goroutine that made one of them or that ends a
// temporary change: the specs before and after. It may call the controller; a panic of it is contained. Nil ends it.
func (c *Controller) OnChange(fn func(old, new string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onChange = fn
}

// notify tells of the changes, unless somebody does so already: he will come to these too.
func (c *Controller) notify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.notifying {
		return
	}
	c.notifying = true
	defer func() { c.notifying = false }()
	for len(c.changes) > 0 {
		ch, fn := c.changes[0], c.onChange
		c.changes = c.changes[1:]
		if fn == nil {
			continue
		}
		c.mu.Unlock()
		call(fn, ch)
		c.mu.Lock()
	}
}

func call(fn func(old, new string), ch change) {
	defer func() { _ = recover() }()
	fn(ch.old, ch.new)
}
