package opensearch

import (
	"bytes"
	"time"
)

// A batch is the body of a bulk request, as it is sent, with the places of its documents: what is retried is cut out of
// it, not encoded again. One goroutine at a time uses it.
type batch struct {
	body   []byte
	docs   []doc
	oldest time.Time // when its first document was accepted
	due    bool      // it is to be sent though it is not full
	entry  *entry

	tries       int       // requests that failed as a whole, or whose documents were all put off, one after the other
	overloads   int       // answers 429 in a row to the whole request
	refusedFrom time.Time // when it was first refused for want of a permission, or the like

	sent      bool   // at least once
	since     string // the write index of the stream when it was first sent, "" for unknown
	uncertain bool   // some may be stored though no answer said so
	pin       string // the backing index that it is sent to, see resolve
}

// A doc is the place of a document: its action is body[start:doc], the document body[doc:end], line ends included.
type doc struct {
	start, doc, end uint32
	few             uint8 // answers of the kind that is retried a few times only
	rescued         bool  // it has its other form, see internal/rescue
}

func (b *batch) add(line []byte, action int) {
	start := uint32(len(b.body))
	b.body = append(b.body, line...)
	b.docs = append(b.docs, doc{start: start, doc: start + uint32(action), end: start + uint32(len(line))})
}

// document returns the document of d, without its line end.
func (b *batch) document(d doc) []byte { return b.body[d.doc : d.end-1] }

// The action of a document is its identifier, in JSON, between these.
const (
	actionOpen  = `{"create":{"_id":"`
	actionClose = `"}}` + "\n"
)

// id returns the identifier of d as it stands in JSON.
func (b *batch) id(d doc) []byte {
	return b.body[d.start+uint32(len(actionOpen)) : d.doc-uint32(len(actionClose))]
}

// keep leaves the documents for which keep is true, in their order, and returns the bytes that went.
func (b *batch) keep(keep []bool) (gone int) {
	before := len(b.body)
	docs, end := b.docs[:0], uint32(0)
	for i, d := range b.docs {
		if !keep[i] {
			continue
		}
		n := d.end - d.start
		if end != d.start {
			copy(b.body[end:], b.body[d.start:d.end])
			d.doc -= d.start - end
			d.start, d.end = end, end+n
		}
		docs = append(docs, d)
		end += n
	}
	b.docs, b.body = docs, b.body[:end]
	return before - len(b.body)
}

// split takes the second half of the documents out of b, which has at least two, and returns it.
func (b *batch) split() *batch {
	n := len(b.docs) / 2
	at := b.docs[n].start
	half := *b
	half.body = bytes.Clone(b.body[at:])
	half.docs = make([]doc, 0, len(b.docs)-n)
	for _, d := range b.docs[n:] {
		d.start, d.doc, d.end = d.start-at, d.doc-at, d.end-at
		half.docs = append(half.docs, d)
	}
	b.body, b.docs = b.body[:at], b.docs[:n]
	return &half
}

// rewrite puts other documents in the place of those at the keys of changed. It returns how much longer the body is.
func (b *batch) rewrite(changed map[int][]byte) (longer int) {
	body := make([]byte, 0, len(b.body)+len(b.body)/8)
	for i := range b.docs {
		d := &b.docs[i]
		start := uint32(len(body))
		if other, ok := changed[i]; ok {
			body = append(append(append(body, b.body[d.start:d.doc]...), other...), '\n')
			d.rescued = true
		} else {
			body = append(body, b.body[d.start:d.end]...)
		}
		d.start, d.doc, d.end = start, start+d.doc-d.start, uint32(len(body))
	}
	longer = len(body) - len(b.body)
	b.body = body
	return longer
}

// appendPinned appends the body that stores the documents in the backing index that the request names, unless they are
// there: OpenSearch takes no create there, and an update with an upsert is the same when the document is missing and does
// nothing when it is not.
func (b *batch) appendPinned(dst []byte) []byte {
	for _, d := range b.docs {
		dst = append(append(append(dst, `{"update":{"_id":"`...), b.id(d)...), actionClose...)
		dst = append(append(append(dst, `{"doc":{},"upsert":`...), b.document(d)...), '}', '\n')
	}
	return dst
}
