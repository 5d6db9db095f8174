package opensearch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/sluicelog/sluice/internal/fields"
	"github.com/sluicelog/sluice/internal/rescue"
)

// client sends requests to one of the nodes. Body is not kept when Do has returned. An error means that there is no answer, or
// not all of it; a documents' fate is not known then.
type client interface {
	Do(ctx context.Context, method, path string, header http.Header, body []byte) (status int, reply []byte, err error)
	Close() error
}

// A worker delivers one batch at a time, until every document of it is stored or given up.
type worker struct {
	*core
	pinned []byte // the body of a pinned request
	zipped bytes.Buffer
	zip    *gzip.Writer
	kept   []bool
}

func (w *worker) run() {
	defer w.workers.Done()
	for {
		b := w.q.take()
		if b == nil {
			return
		}
		w.deliver(b)
		w.q.recycle(b)
	}
}

// deliver sends b until nothing of it is left, or the handler is closed.
func (w *worker) deliver(b *batch) {
	if !w.awaitPrepared() {
		w.abandon(b)
		return
	}
	for len(b.docs) > 0 {
		if !w.circuit.enter(w.ctx) {
			w.abandon(b)
			return
		}
		if half := w.attempt(b); half != nil {
			w.deliver(b)
			b = half
		}
	}
}

// attempt sends b once. It returns the other half when it has split b.
func (w *worker) attempt(b *batch) (half *batch) {
	switch {
	case !b.sent:
		if w.stream.writeIndex() == "" && !w.asked.Swap(true) {
			_, _, _ = w.learn(w.ctx) // an error will be seen at the request itself
		}
		b.sent, b.since = true, w.stream.writeIndex()
	case b.uncertain && b.pin == "":
		if err := w.resolve(b); err != nil {
			w.failed(b, err)
			return nil
		}
		if len(b.docs) == 0 {
			w.circuit.succeeded()
			return nil
		}
	}
	if w.spool != nil {
		if err := w.spool.sent.sending(b.entry.last, w.spool.durable.Load(), w.stream.writeIndex()); err != nil {
			w.errs.report(fmt.Errorf("opensearch: spool: %w", err))
		}
	}
	status, reply, err := w.send(b)
	if err != nil {
		b.uncertain = b.uncertain || !notSent(err)
		w.failed(b, err)
		return nil
	}
	if status >= 200 && status < 300 {
		if err := w.items(b, reply); err != nil {
			b.uncertain = true
			w.failed(b, err)
		}
		return nil
	}
	c := causeOf(status, reply)
	b.uncertain = b.uncertain || c.uncertain()
	switch v := judgeRequest(c); {
	case v == halve, v == divide, c.Status == http.StatusTooManyRequests && w.overloaded(b, c):
		w.circuit.succeeded() // the node is there
		if len(b.docs) == 1 {
			w.giveUp(b, func(int) (cause, bool) { return c, true })
			return nil
		}
		if v != divide {
			w.q.shrink(len(b.body))
		}
		w.count.retried.Add(uint64(len(b.docs)))
		return b.split()
	case v == refuse:
		w.refused(b, c)
	default:
		w.putOff(b, c)
	}
	return nil
}

// overloaded says whether the request must be smaller to be taken, or had better be.
func (w *worker) overloaded(b *batch, c cause) bool {
	b.overloads++
	return c.tooLarge() || b.overloads%3 == 0 && len(b.docs) > 1
}

// failed puts b off after a request without an answer that can be read.
func (w *worker) failed(b *batch, err error) {
	if w.ctx.Err() != nil {
		w.circuit.leave()
		return
	}
	var answer *answerError
	if errors.As(err, &answer) {
		w.putOff(b, answer.cause)
		return
	}
	w.late(b, &Error{Stream: w.stream.name, Documents: len(b.docs), Retried: true, Reason: strings.TrimPrefix(err.Error(), "opensearch: "), Err: err})
}

func (w *worker) putOff(b *batch, c cause) {
	w.late(b, &Error{Stream: w.stream.name, Documents: len(b.docs), Retried: true, Status: c.Status, Type: c.Type, Reason: c.Reason})
}

// late counts and reports that b must wait. The circuit makes it wait.
func (w *worker) late(b *batch, e *Error) {
	b.tries++
	w.count.failures.Add(1)
	w.count.retried.Add(uint64(len(b.docs)))
	w.errs.report(e)
	w.circuit.failed()
}

// refused puts b off, or gives it up when it has been refused for too long.
func (w *worker) refused(b *batch, c cause) {
	if w.tired(b) {
		w.circuit.succeeded()
		w.giveUp(b, func(int) (cause, bool) { return c, true })
		return
	}
	w.putOff(b, c)
}

// tired says whether b has been refused for as long as is borne.
func (w *worker) tired(b *batch) bool {
	if b.refusedFrom.IsZero() {
		b.refusedFrom = time.Now()
	}
	return w.opts.RefusedFor > 0 && time.Since(b.refusedFrom) >= w.opts.RefusedFor
}

// items does what the answer says of each document.
func (w *worker) items(b *batch, reply []byte) error {
	n := len(b.docs)
	if cap(w.kept) < n {
		w.kept = make([]bool, n)
	}
	keep := w.kept[:n]
	var late, lost cause // the first of those that are sent again, and of those that are not
	nLate, nLost, duplicates, worst := 0, 0, 0, 0
	unpin, progress, refusal := false, false, false
	var others map[int][]byte // documents in the form that the index should take
	var causes map[int]cause
	err := readItems(reply, n, func(i int, c cause) {
		v := judgeItem(c)
		if b.pin != "" && (c.Status == http.StatusForbidden || c.Status == http.StatusNotFound) {
			unpin, v = true, again // the index has been deleted, or an update is not permitted
		}
		if v == few {
			v = again
			b.docs[i].few++
			worst = max(worst, int(b.docs[i].few))
			if int(b.docs[i].few) > w.opts.ItemRetries {
				v = dead
			}
		}
		if v == dead {
			if other := w.rescue(b, i, c); other != nil {
				if others == nil {
					others = make(map[int][]byte)
				}
				others[i], v = other, again
			}
		}
		keep[i] = v == again || v == refuse
		switch {
		case v == done:
			if c.Status == http.StatusConflict || b.pin != "" && c.Status == http.StatusOK {
				duplicates++
			}
			progress = true
		case v == dead:
			if causes == nil {
				causes = make(map[int]cause)
			}
			causes[i] = c
			if nLost++; nLost == 1 {
				lost = c
			}
			progress = true
		default:
			b.uncertain = b.uncertain || c.uncertain()
			refusal = refusal || v == refuse
			if nLate++; nLate == 1 {
				late = c
			}
		}
	})
	if err != nil {
		return err
	}
	if unpin {
		b.pin, b.uncertain = "", false
		w.count.unpinned.Add(uint64(nLate))
	}
	w.count.duplicates.Add(uint64(duplicates))
	if refusal && w.tired(b) {
		w.circuit.succeeded()
		_ = readItems(reply, n, func(i int, c cause) { // readable a moment ago
			if keep[i] && judgeItem(c) == refuse {
				if causes == nil {
					causes = make(map[int]cause)
				}
				causes[i], keep[i], progress = c, false, true
				nLate, nLost, lost = nLate-1, nLost+1, c
			}
		})
	}
	if nLost > 0 {
		w.bury(b, causes, lost)
	}
	if len(others) > 0 {
		w.q.grown(b.rewrite(others))
		w.count.rescued.Add(uint64(len(others)))
		progress = true
	}
	w.count.delivered.Add(uint64(n - nLate - nLost))
	w.drop(b, keep)
	if nLate == 0 {
		w.arrived(b)
		return nil
	}
	if !progress {
		w.putOff(b, late)
		return nil
	}
	w.circuit.succeeded()
	w.count.retried.Add(uint64(nLate))
	if nLate == len(others) {
		return nil // at once: there is nothing to wait for
	}
	w.errs.report(&Error{Stream: w.stream.name, Documents: nLate, Retried: true, Status: late.Status, Type: late.Type, Reason: late.Reason})
	b.tries = 0
	pause(w.ctx, backoff(max(2*worst-1, 1), w.opts.MaxBackoff))
	return nil
}

// rescue returns the form of a document in which an index takes it that refuses its fields, nil when there is none, or it has
// been tried.
func (w *worker) rescue(b *batch, i int, c cause) []byte {
	if c.Status != http.StatusBadRequest || b.docs[i].rescued || w.opts.Format != OTel {
		return nil
	}
	document := b.document(b.docs[i])
	other, err := rescue.Document(document)
	if err != nil || !bytes.Contains(other, unmapped) {
		return nil // it has nothing but standard fields
	}
	return other
}

var unmapped = []byte(`"` + fields.Unmapped + `":`)

// arrived notes that a request went well.
func (w *worker) arrived(b *batch) {
	w.circuit.succeeded()
	w.q.grow()
	b.overloads, b.tries = 0, 0
	if !w.checked.Load() && !w.checked.Swap(true) {
		w.check(w.ctx)
	}
}

// finish settles, as delivered, the documents of b that are not missing.
func (w *worker) finish(b *batch, missing []bool) {
	n := 0
	for _, m := range missing {
		if !m {
			n++
		}
	}
	w.count.delivered.Add(uint64(n))
	w.count.duplicates.Add(uint64(n))
	w.drop(b, missing)
}

// drop takes the documents out of b that are not kept, and settles them.
func (w *worker) drop(b *batch, keep []bool) {
	before := len(b.docs)
	gone := b.keep(keep)
	w.q.settle(b.entry, before-len(b.docs), gone)
}

// giveUp buries the documents of b for which why says so.
func (w *worker) giveUp(b *batch, why func(i int) (cause, bool)) {
	causes := make(map[int]cause)
	keep := make([]bool, len(b.docs))
	var first cause
	for i := range b.docs {
		c, ok := why(i)
		if keep[i] = !ok; ok {
			if causes[i] = c; len(causes) == 1 {
				first = c
			}
		}
	}
	w.bury(b, causes, first)
	w.drop(b, keep)
}

// bury writes documents to the dead letters, counts and reports them.
func (c *core) bury(b *batch, causes map[int]cause, first cause) {
	written := 0
	for i, d := range b.docs {
		why, ok := causes[i]
		if !ok {
			continue
		}
		ok, err := c.dead.write(b, d, why)
		if err != nil {
			c.errs.report(err)
		}
		if ok {
			written++
		}
	}
	c.count.failed.Add(uint64(len(causes)))
	c.count.deadLettered.Add(uint64(written))
	c.errs.report(&Error{Stream: c.stream.name, Documents: len(causes), Status: first.Status, Type: first.Type, Reason: first.Reason})
}

// abandon is what becomes of a batch when the handler is closed before it is delivered. In a spool it stays there.
func (c *core) abandon(b *batch) {
	c.circuit.leave()
	n := len(b.docs)
	if n == 0 {
		return
	}
	switch {
	case c.spooled():
		return
	case c.dead.file != nil:
		causes := make(map[int]cause, n)
		why := cause{Reason: "closed before it was delivered"}
		for i := range b.docs {
			causes[i] = why
		}
		c.bury(b, causes, why)
	default:
		c.count.dropped.Add(uint64(n))
	}
	c.q.settle(b.entry, n, len(b.body))
	b.docs, b.body = b.docs[:0], b.body[:0]
}

// send makes the request. The error means that nothing is known of the documents.
func (w *worker) send(b *batch) (int, []byte, error) {
	path, body := w.bulkPath, b.body
	if b.pin != "" {
		path = "/" + url.PathEscape(b.pin) + w.bulkQuery
		w.pinned = b.appendPinned(w.pinned[:0])
		body = w.pinned
	}
	header := plainHeader
	if w.opts.Gzip {
		var err error
		if body, err = w.compress(body); err != nil {
			return 0, nil, err
		}
		header = gzipHeader
	}
	w.count.inFlight.Add(int64(len(b.docs)))
	defer w.count.inFlight.Add(-int64(len(b.docs)))
	w.count.requests.Add(1)
	start := time.Now()
	ctx, cancel := context.WithTimeout(w.ctx, w.opts.Timeout)
	defer cancel()
	status, reply, err := w.client.Do(ctx, http.MethodPost, path, header, body)
	if err != nil {
		if ctx.Err() != nil && w.ctx.Err() == nil {
			err = fmt.Errorf("no answer within %v: %w", w.opts.Timeout, context.DeadlineExceeded)
		}
		return 0, nil, plainError(err)
	}
	w.count.latency.add(time.Since(start))
	return status, reply, nil
}

// plainError leaves out which request failed: there is only the one kind, and its URL is long.
func plainError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

var (
	plainHeader = http.Header{"Content-Type": {"application/x-ndjson"}}
	gzipHeader  = http.Header{"Content-Type": {"application/x-ndjson"}, "Content-Encoding": {"gzip"}}
	jsonHeader  = http.Header{"Content-Type": {"application/json"}}
)

// compress returns body in gzip, at the fastest level.
func (w *worker) compress(body []byte) ([]byte, error) {
	w.zipped.Reset()
	if w.zip == nil {
		var err error
		if w.zip, err = gzip.NewWriterLevel(&w.zipped, gzip.BestSpeed); err != nil {
			return nil, err
		}
	} else {
		w.zip.Reset(&w.zipped)
	}
	if _, err := w.zip.Write(body); err != nil {
		return nil, err
	}
	if err := w.zip.Close(); err != nil {
		return nil, err
	}
	return w.zipped.Bytes(), nil
}

// request makes a request other than a bulk one.
func (c *core) request(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	header := http.Header(nil)
	if body != nil {
		header = jsonHeader
	}
	return c.client.Do(ctx, method, path, header, body)
}
