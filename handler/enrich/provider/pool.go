package provider

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// pool runs one job per key at a time, a bounded number at once, in goroutines that end when there is nothing to do.
type pool struct {
	run     func(ctx context.Context, key string) answer
	workers int
	limit   int
	ended   context.Context // done when the pool is closed
	end     context.CancelFunc

	mu     sync.Mutex
	jobs   map[string]*job // waiting and running
	queue  []*job          // waiting, oldest first
	active int
	closed bool
	idle   chan struct{} // made by close, closed when the last worker has ended
}

// job is one fetch. Whoever wants its answer waits until done or until its deadline, which is the same for all.
type job struct {
	ctx      context.Context
	key      string
	deadline time.Time
	done     chan struct{}
	answer   answer // to be read when done is closed
}

func (p *pool) start(workers, limit int, run func(context.Context, string) answer) {
	p.run, p.workers, p.limit = run, workers, limit
	p.jobs = make(map[string]*job)
	p.ended, p.end = context.WithCancel(context.Background())
}

// submit returns the job for key, a new one where none is under way; false when the pool is closed or full.
func (p *pool) submit(ctx context.Context, key string, budget time.Duration) (*job, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	if j := p.jobs[key]; j != nil {
		return j, true
	}
	if p.active >= p.workers && len(p.queue) >= p.limit {
		return nil, false
	}
	j := &job{
		ctx:      context.WithoutCancel(ctx),
		key:      key,
		deadline: time.Now().Add(budget),
		done:     make(chan struct{}),
	}
	p.jobs[key] = j
	p.queue = append(p.queue, j)
	if p.active < p.workers {
		p.active++
		go p.work()
	}
	return j, true
}

// fine is the time before a deadline in which timers are too coarse, see nap; 0 where they are not.
var fine = fineTimers

// wait says whether the job was done by its deadline. It may give up a tenth of a millisecond before, and does not wait longer.
func (j *job) wait() bool {
	if left := time.Until(j.deadline) - fine; left > 0 {
		t := time.NewTimer(left)
		defer t.Stop()
		select {
		case <-j.done:
			return true
		case <-t.C:
		}
	}
	for turn := 0; ; turn++ {
		select {
		case <-j.done:
			return true
		default:
		}
		if fine == 0 || time.Until(j.deadline) < oneNap {
			return false
		}
		if turn == 0 {
			runtime.Gosched() // the worker may be what runs next here
			continue
		}
		nap()
	}
}

func (p *pool) work() {
	ended := false
	defer func() {
		if !ended { // by runtime.Goexit in the provider: another goroutine takes its place
			go p.work()
		}
	}()
	for j := p.next(); j != nil; j = p.next() {
		p.do(j)
	}
	ended = true
}

// next takes a job from the queue; nil means that the worker is to end.
func (p *pool) next() *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		p.active--
		if p.active == 0 && p.idle != nil {
			close(p.idle)
		}
		return nil
	}
	j := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	return j
}

func (p *pool) do(j *job) {
	ctx, cancel := context.WithCancel(j.ctx)
	stop := context.AfterFunc(p.ended, cancel)
	defer func() {
		stop()
		cancel()
		p.mu.Lock()
		delete(p.jobs, j.key)
		p.mu.Unlock()
		close(j.done)
	}()
	j.answer = p.run(ctx, j.key)
}

// close refuses further jobs, forgets the waiting ones, cancels the running ones, and waits for these.
func (p *pool) close(ctx context.Context) error {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		p.idle = make(chan struct{})
		if p.active == 0 {
			close(p.idle)
		}
		for _, j := range p.queue {
			delete(p.jobs, j.key)
		}
		p.queue = nil
	}
	idle := p.idle
	p.mu.Unlock()
	p.end()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
