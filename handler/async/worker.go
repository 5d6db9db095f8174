package async

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// How often an idle worker looks: waking it for each record costs producers their tails. It backs off, and after about
// a quarter of a second without a record it sleeps until it is woken.
const (
	pollMin   = time.Millisecond
	pollMax   = 10 * time.Millisecond
	idlePolls = 25
	// sampled is how many records pass between two looks at how full the ring is, for the high-water mark.
	sampled = 64
)

// run hands on the records of the lane until it is closed and empty.
func (l *lane) run() {
	finished := false
	defer func() {
		if !finished { // the next handler called runtime.Goexit: another goroutine takes over
			go l.run()
			return
		}
		close(l.ended)
	}()
	timer := time.NewTimer(pollMin)
	defer timer.Stop()
	var it item
	for idle, taken := 0, 0; ; {
		if l.take(&it, false) == done {
			idle = 0
			if taken++; taken%sampled == 1 {
				l.peak(l.len() + 1)
			}
			l.pass()
			l.deliver(&it)
			it = item{}
			if l.asked.Load() {
				l.answer()
			}
			continue
		}
		l.answer()
		if l.isClosed() && l.head.Load() == l.end() {
			finished = true
			return
		}
		if l.isClosed() || l.asked.Load() {
			runtime.Gosched() // a record is being written at this moment
			continue
		}
		l.idle(timer, idle)
		idle, taken = idle+1, 0
	}
}

// idle waits for the next look, or, after many without a record, to be woken.
func (l *lane) idle(timer *time.Timer, idle int) {
	state := polling
	if idle >= idlePolls {
		state = asleep
	}
	l.state.Store(state)
	// Who published, asked or closed before the state was written did not wake us.
	if !l.readable() && !l.asked.Load() && !l.isClosed() {
		if state == asleep {
			<-l.wake
		} else {
			timer.Reset(min(pollMin<<min(idle, 8), pollMax))
			select {
			case <-l.wake:
			case <-timer.C:
			}
		}
	}
	l.state.Store(running)
}

// deliver hands one record on and counts what became of it.
func (l *lane) deliver(it *item) {
	returned := false
	defer func() {
		if !returned {
			p := recover() // nil after runtime.Goexit
			l.panics.Add(1)
			l.failed.Add(1)
			if p == nil {
				p = "runtime.Goexit"
			}
			l.core.report(&PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	ctx := it.ctx
	if ctx.Done() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	// The clone does not share the spare capacity of the caller's attributes.
	err := it.next.HandleRoot(ctx, it.record.Clone(), it.root)
	returned = true
	if err != nil {
		l.failed.Add(1)
		l.core.report(err)
		return
	}
	l.delivered.Add(1)
}
