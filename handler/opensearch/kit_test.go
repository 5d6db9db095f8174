package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func verify(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeNode is a node without a network: it understands bulk requests as strictly as OpenSearch, keeps documents by backing
// index, and misbehaves as the test says.
type fakeNode struct {
	t       testing.TB
	mu      sync.Mutex
	indices []string // backing, the last is written to
	docs    map[string]map[string]json.RawMessage
	bulks   []bulk
	plain   bool // the stream is an index
	// before sees every bulk request before it is carried out; an answer of its own ends it there. After sees it afterwards.
	before, after func(n int, b bulk) *answer
	// item, for a document that would be stored, may say what happens instead.
	item func(doc json.RawMessage) *answer
	// get answers requests that are no bulk ones.
	get func(method, path string) *answer
}

type answer struct {
	status int
	body   string
	err    error
	hang   bool // until the request is cut off
}

// A bulk is a bulk request.
type bulk struct {
	index string
	ids   []string
	ops   []string
	docs  []json.RawMessage
	size  int
}

func newFakeNode(t testing.TB) *fakeNode {
	return &fakeNode{t: t, indices: []string{"ds-1"}, docs: map[string]map[string]json.RawMessage{}}
}

func (f *fakeNode) Do(ctx context.Context, method, path string, header http.Header, body []byte) (int, []byte, error) {
	path, _, _ = strings.Cut(path, "?")
	index, api, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if api != "_bulk" {
		return f.other(ctx, method, index, api, body)
	}
	b, a := f.parse(index, body)
	f.mu.Lock()
	n := len(f.bulks)
	f.bulks = append(f.bulks, b)
	f.mu.Unlock()
	if a == nil && f.before != nil {
		a = f.before(n, b)
	}
	if a == nil {
		a = f.carryOut(b)
		if f.after != nil {
			if own := f.after(n, b); own != nil {
				a = own
			}
		}
	}
	return a.give(ctx)
}

// Close does nothing.
func (f *fakeNode) Close() error { return nil }

func (a *answer) give(ctx context.Context) (int, []byte, error) {
	if a.hang {
		<-ctx.Done()
		return 0, nil, ctx.Err()
	}
	return a.status, []byte(a.body), a.err
}

// parse reads a bulk body as strictly as OpenSearch does.
func (f *fakeNode) parse(index string, body []byte) (b bulk, a *answer) {
	b.index, b.size = index, len(body)
	body = bytes.Clone(body) // it is lent
	bad := func(why string) (bulk, *answer) {
		return b, &answer{status: 400, body: `{"error":{"type":"illegal_argument_exception","reason":"` + why + `"},"status":400}`}
	}
	if len(body) == 0 || body[len(body)-1] != '\n' {
		return bad("The bulk request must be terminated by a newline")
	}
	lines := bytes.Split(body[:len(body)-1], []byte("\n"))
	if len(lines)%2 != 0 {
		return bad("Malformed action/metadata line")
	}
	for i := 0; i < len(lines); i += 2 {
		var action map[string]struct {
			ID string `json:"_id"`
		}
		if err := json.Unmarshal(lines[i], &action); err != nil || len(action) != 1 {
			return bad("Malformed action/metadata line")
		}
		for op, meta := range action {
			if meta.ID == "" || len(meta.ID) > 512 {
				return bad("id is too long")
			}
			b.ops, b.ids = append(b.ops, op), append(b.ids, meta.ID)
		}
		b.docs = append(b.docs, json.RawMessage(lines[i+1]))
	}
	return b, nil
}

func (f *fakeNode) carryOut(b bulk) *answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	write := f.indices[len(f.indices)-1]
	var items []string
	failed := false
	for i, doc := range b.docs {
		op, index, status := b.ops[i], write, 201
		if op == "update" {
			var u struct {
				Doc    map[string]any
				Upsert json.RawMessage
			}
			if err := json.Unmarshal(doc, &u); err != nil || u.Doc == nil || len(u.Doc) > 0 || u.Upsert == nil {
				f.t.Errorf("update of another kind: %s", doc)
			}
			doc, index = u.Upsert, b.index
		} else if op != "create" {
			f.t.Errorf("op %q in a data stream", op)
		}
		if f.docs[index] == nil {
			f.docs[index] = map[string]json.RawMessage{}
		}
		if _, there := f.docs[index][b.ids[i]]; there {
			if status = 409; op == "update" {
				status = 200
			}
		} else if !json.Valid(doc) {
			status = 400
		} else if f.item != nil {
			if a := f.item(doc); a != nil {
				failed = true
				items = append(items, fmt.Sprintf(`{%q:{"status":%d,"error":%s}}`, op, a.status, a.body))
				continue
			}
		}
		if status == 201 {
			f.docs[index][b.ids[i]] = bytes.Clone(doc)
		}
		failed = failed || status >= 300
		items = append(items, fmt.Sprintf(`{%q:{"status":%d}}`, op, status))
	}
	return &answer{status: 200, body: fmt.Sprintf(`{"took":1,"errors":%v,"items":[%s]}`, failed, strings.Join(items, ","))}
}

func (f *fakeNode) other(ctx context.Context, method, index, api string, body []byte) (int, []byte, error) {
	if f.get != nil {
		if a := f.get(method, index+"/"+api); a != nil {
			return a.give(ctx)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case index == "_data_stream" && f.plain:
		return 404, []byte(`{"error":{"type":"index_not_found_exception"},"status":404}`), nil
	case index == "_data_stream":
		type name struct {
			Name string `json:"index_name"`
		}
		var names []name
		for _, n := range f.indices {
			names = append(names, name{n})
		}
		text, _ := json.Marshal(map[string]any{"data_streams": []any{map[string]any{"name": api, "indices": names}}})
		return 200, text, nil
	case api == "_mget":
		var ask struct{ IDs []string }
		_ = json.Unmarshal(body, &ask)
		var docs []map[string]bool
		for _, id := range ask.IDs {
			_, found := f.docs[index][id]
			docs = append(docs, map[string]bool{"found": found})
		}
		text, _ := json.Marshal(map[string]any{"docs": docs})
		return 200, text, nil
	}
	f.t.Errorf("a request that nobody needs: %s %s/%s", method, index, api)
	return 404, nil, nil
}

// rollover makes another index the one that is written to.
func (f *fakeNode) rollover() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.indices = append(f.indices, fmt.Sprintf("ds-%d", len(f.indices)+1))
}

// stored returns how often each message is in the stream.
func (f *fakeNode) stored() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]int{}
	for _, docs := range f.docs {
		for _, d := range docs {
			var doc struct{ Body string }
			if err := json.Unmarshal(d, &doc); err != nil {
				f.t.Errorf("%v in %s", err, d)
			}
			all[doc.Body]++
		}
	}
	return all
}

func (f *fakeNode) requests() []bulk {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]bulk(nil), f.bulks...)
}

// start builds a handler on the node. Errors go to the slice that it returns.
func start(t testing.TB, node client, o Options) (*Handler, *errorLog) {
	t.Helper()
	log := &errorLog{}
	o.OnError = log.add
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	h, err := build(o.withDefaults(), node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = h.Close(ctx)
		checkBooks(t, h)
	})
	return h, log
}

type errorLog struct {
	mu   sync.Mutex
	errs []error
}

func (l *errorLog) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
}

func (l *errorLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(errors.Join(l.errs...))
}

// write logs n records with the messages prefix0, prefix1, ….
func write(t testing.TB, h slog.Handler, prefix string, n int) {
	t.Helper()
	for i := range n {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint(prefix, i), 0)
		if err := h.Handle(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
}

// wantOnce fails unless the node has the messages prefix0, prefix1, … once each, and nothing else.
func wantOnce(t testing.TB, f *fakeNode, prefix string, n int) {
	t.Helper()
	all := f.stored()
	for i := range n {
		if got := all[fmt.Sprint(prefix, i)]; got != 1 {
			t.Errorf("%s%d is there %d times", prefix, i, got)
		}
	}
	if len(all) != n {
		t.Errorf("%d documents, want %d", len(all), n)
	}
}

func checkBooks(t testing.TB, h *Handler) {
	t.Helper()
	s := h.Stats()
	docs, size, _ := h.core.q.figures()
	if h.core.spool == nil && (uint64(docs) != s.Queued || docs == 0 && size != 0) {
		t.Errorf("%d documents of %d bytes in memory, %d queued by the books: %+v", docs, size, s.Queued, s)
	}
	if s.DeadLettered > s.Failed || s.Duplicates > s.Delivered || int64(s.Queued) < 0 {
		t.Errorf("books that cannot be: %+v", s)
	}
}

func flush(t testing.TB, h *Handler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	if err := h.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	checkBooks(t, h)
}
