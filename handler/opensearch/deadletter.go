package opensearch

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/sluicelog/sluice/internal/rotate"
)

// deadLetters is the file of documents that were given up. Each line has when, for which stream, under which identifier, why,
// and the document as it was sent.
type deadLetters struct {
	stream string
	file   *rotate.Writer // nil for none
}

// maxDeadLetters bounds the file of dead letters and the rotated ones before it together.
const maxDeadLetters = 1 << 30

func openDeadLetters(path, stream string, onError func(error)) (*deadLetters, error) {
	d := &deadLetters{stream: stream}
	if path == "" {
		return d, nil
	}
	f, err := rotate.Open(path, &rotate.Options{MaxTotalBytes: maxDeadLetters, OnError: onError})
	if err != nil {
		return nil, fmt.Errorf("opensearch: dead letters: %w", err)
	}
	d.file = f
	return d, nil
}

type letter struct {
	Time     time.Time       `json:"time"`
	Stream   string          `json:"stream"`
	ID       json.RawMessage `json:"id"`
	Status   int             `json:"status,omitempty"`
	Type     string          `json:"type,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Document json.RawMessage `json:"document"`
}

// write writes the document of b and why it is given up. It says whether it was written.
func (d *deadLetters) write(b *batch, at doc, c cause) (bool, error) {
	if d.file == nil {
		return false, nil
	}
	id := append(append([]byte{'"'}, b.id(at)...), '"')
	document := json.RawMessage(b.document(at))
	line, err := json.Marshal(letter{time.Now(), d.stream, id, c.Status, c.Type, c.Reason, document})
	if err != nil { // a document that is no JSON
		document, _ = json.Marshal(string(document))
		if line, err = json.Marshal(letter{time.Now(), d.stream, id, c.Status, c.Type, c.Reason, document}); err != nil {
			return false, err
		}
	}
	if _, err := d.file.Write(append(line, '\n')); err != nil {
		return false, fmt.Errorf("opensearch: dead letters: %w", err)
	}
	return true, nil
}

func (d *deadLetters) close() error {
	if d.file == nil {
		return nil
	}
	return d.file.Close()
}
