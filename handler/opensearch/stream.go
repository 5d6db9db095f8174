package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// A stream is what is known of the data stream: its backing indices, of which the last is the one written to.
//
// An identifier is unique in a backing index only. So a document that may be stored already, since no answer said that it is
// not, cannot simply be created again: after a rollover it would be stored a second time. The index that was written to when
// the document was first sent is remembered. If it still is the last, the document is sent to that very index, under whose
// lock the identifier decides. If there have been rollovers, the indices that may have it are asked.
type stream struct {
	name string

	mu    sync.Mutex
	write string // "" for unknown
}

func (s *stream) writeIndex() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write
}

// An answerError is an answer that was not the one wanted.
type answerError struct{ cause }

func (e *answerError) Error() string {
	return fmt.Sprintf("status %d: %s: %s", e.Status, e.Type, e.Reason)
}

// learn asks for the backing indices. It returns none, and no error, where they cannot be known: there is no such data
// stream, which missing tells, or no permission to ask.
func (c *core) learn(ctx context.Context) (names []string, missing bool, err error) {
	status, reply, err := c.request(ctx, http.MethodGet, "/_data_stream/"+url.PathEscape(c.stream.name), nil)
	switch {
	case err != nil:
		return nil, false, err
	case status == http.StatusNotFound:
		return nil, true, nil
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		return nil, false, nil
	case status != http.StatusOK:
		return nil, false, &answerError{causeOf(status, reply)}
	}
	var answer struct {
		Streams []struct {
			Indices []struct {
				Name string `json:"index_name"`
			} `json:"indices"`
		} `json:"data_streams"`
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		return nil, false, &unreadableError{err.Error()}
	}
	if len(answer.Streams) != 1 || len(answer.Streams[0].Indices) == 0 {
		return nil, true, nil
	}
	for _, index := range answer.Streams[0].Indices {
		names = append(names, index.Name)
	}
	write := names[len(names)-1]
	c.stream.mu.Lock()
	c.stream.write = write
	c.stream.mu.Unlock()
	return names, false, nil
}

// check finds out, after the first delivery, whether the stream is one.
func (c *core) check(ctx context.Context) {
	if c.stream.writeIndex() != "" {
		return
	}
	if _, missing, err := c.learn(ctx); err == nil && missing {
		c.plainIndex.Store(true)
		c.errs.report(fmt.Errorf("opensearch: %s: %w", c.stream.name, ErrPlainIndex))
	}
}

// resolve decides where the documents of b go of which some may be stored already: it pins them to a backing index, and
// settles those that it finds in an earlier one.
func (w *worker) resolve(b *batch) error {
	names, missing, err := w.learn(w.ctx)
	if err != nil || missing {
		return err // without a stream nothing is stored, or in one index; it may be made meanwhile
	}
	if len(names) == 0 {
		b.uncertain = false // nothing better is to be had: the same identifier, in what may be another index
		w.count.unpinned.Add(uint64(len(b.docs)))
		return nil
	}
	candidates := names[max(slices.Index(names, b.since), 0):]
	if len(candidates) > 1 {
		stored, err := w.find(b, candidates)
		if err != nil {
			return err
		}
		w.finish(b, stored)
	}
	b.since = candidates[len(candidates)-1]
	b.pin = b.since
	return nil
}

// find asks the indices for the documents of b. It says of each whether it is not there.
func (w *worker) find(b *batch, indices []string) (missing []bool, err error) {
	missing = make([]bool, len(b.docs))
	for i := range missing {
		missing[i] = true
	}
	body := []byte(`{"ids":[`)
	for i, d := range b.docs {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(append(append(body, '"'), b.id(d)...), '"')
	}
	body = append(body, "]}"...)
	for _, index := range indices {
		path := "/" + url.PathEscape(index) + "/_mget?_source=false&filter_path=docs.found,docs.error"
		status, reply, err := w.request(w.ctx, http.MethodPost, path, body)
		if err != nil {
			return nil, err
		}
		if status == http.StatusNotFound || status == http.StatusForbidden {
			continue // deleted by retention, or not permitted: nothing can be known
		}
		var answer struct {
			Docs []struct {
				Found bool            `json:"found"`
				Error json.RawMessage `json:"error"`
			} `json:"docs"`
		}
		if status != http.StatusOK {
			return nil, &answerError{causeOf(status, reply)}
		}
		if err := json.Unmarshal(bytes.TrimSpace(reply), &answer); err != nil || len(answer.Docs) != len(b.docs) {
			return nil, &unreadableError{fmt.Sprintf("%d documents looked up, %d in the answer", len(b.docs), len(answer.Docs))}
		}
		for i, d := range answer.Docs {
			if d.Found {
				missing[i] = false
			}
		}
	}
	return missing, nil
}
