package opensearch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
	"github.com/sluicelog/sluice/internal/rotate"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
	searchopensearch "github.com/sluicelog/sluice/search/opensearch"
)

// Erased is what an erasure has removed, or would remove.
type Erased struct {
	Records int // that matched
	Damaged int // ranges of a spool that nobody can read: they go too
}

// EraseSpool overwrites with zeros the documents in a spool that match the query, whether they have been delivered or not; a
// handler that opens the spool later counts those as dropped. The query is asked of the document as a search of OpenSearch asks
// it, and of the document's own names. No handler may have the spool open. With dry it counts and changes nothing.
func EraseSpool(dir string, q search.Query, dry bool) (Erased, error) {
	if _, err := os.Stat(dir); err != nil {
		return Erased{}, fmt.Errorf("opensearch: spool: %w", err)
	}
	m, err := newDocumentMatcher(q)
	if err != nil {
		return Erased{}, err
	}
	b, err := journal.Blank(dir, nil, dry, func(frame []byte) bool {
		_, document, _ := bytes.Cut(frame, []byte("\n"))
		return m.match(bytes.TrimRight(document, "\n"))
	})
	if err != nil {
		return Erased{}, fmt.Errorf("opensearch: spool: %w", err)
	}
	return Erased{Records: int(b.Records), Damaged: b.Damaged}, nil
}

// EraseDeadLetters removes the letters whose document matches the query from the file of dead letters and its rotated ones, as
// EraseSpool does. No handler may have the file open.
func EraseDeadLetters(path string, q search.Query, dry bool) (Erased, error) {
	m, err := newDocumentMatcher(q)
	if err != nil {
		return Erased{}, err
	}
	n, err := rotate.Filter(path, dry, func(line []byte) bool {
		var l letter
		if json.Unmarshal(line, &l) != nil {
			return m.match(line)
		}
		var text string
		if json.Unmarshal(l.Document, &text) == nil { // one that is no JSON
			return m.match([]byte(text))
		}
		return m.match(l.Document)
	})
	if err != nil {
		return Erased{}, fmt.Errorf("opensearch: dead letters: %w", err)
	}
	return Erased{Records: n}, nil
}

// documentMatcher asks documents on their way to OpenSearch what a search would ask them there.
type documentMatcher struct {
	program *eval.Program
	record  eval.Record
	line    []byte
}

func newDocumentMatcher(q search.Query) (*documentMatcher, error) {
	p, err := eval.Compile(q.Expr, time.Now())
	if err != nil {
		return nil, fmt.Errorf("opensearch: erase: %w", err)
	}
	return &documentMatcher{program: p}, nil
}

func (m *documentMatcher) match(document []byte) bool {
	line, err := searchopensearch.AppendLine(m.line[:0], document)
	if m.line = line; err == nil {
		if m.record.Parse(line); m.program.Match(&m.record) {
			return true
		}
	}
	m.record.Parse(document)
	return m.program.Match(&m.record)
}
