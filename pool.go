package sluice

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// pool holds what can be open only once and is therefore shared by two generations of a chain during a reload: a store, the
// sink of a spool. It is closed with its last user.
type pool[T any] struct {
	mu   sync.Mutex
	open map[string]*pooled[T]
}

// pooled is one of them. Setting is all that it was opened with.
type pooled[T any] struct {
	value   T
	setting string
	users   int
	close   func(context.Context) error
}

// errInUse is what a reload answers that would change what cannot be open twice.
var errInUse = errors.New("it is in use with other settings: a reload cannot change them, restart the program")

// acquire returns what is open under the key, or opens it. The caller gives it back by release, once.
func (p *pool[T]) acquire(key, setting string, open func() (T, func(context.Context) error, error)) (value T, release func(context.Context) error, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.open[key]
	switch {
	case e == nil:
		e = &pooled[T]{setting: setting}
		if e.value, e.close, err = open(); err != nil {
			return value, nil, err
		}
		if p.open == nil {
			p.open = make(map[string]*pooled[T])
		}
		p.open[key] = e
	case e.setting != setting:
		return value, nil, fmt.Errorf("%s: %w", key, errInUse)
	}
	e.users++
	var once sync.Once
	return e.value, func(ctx context.Context) (err error) {
		once.Do(func() {
			p.mu.Lock()
			e.users--
			last := e.users == 0
			if last {
				delete(p.open, key)
			}
			p.mu.Unlock()
			if last {
				err = e.close(ctx)
			}
		})
		return err
	}, nil
}
