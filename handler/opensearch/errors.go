package opensearch

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sluicelog/sluice/internal/onerror"
)

var (
	// ErrFull is returned by Handle for a record that found no room in memory. It is counted as dropped.
	ErrFull = errors.New("opensearch: MaxPending bytes wait for the node, record dropped")
	// ErrClosed is returned by Handle for a record that came after Close. It is counted as refused.
	ErrClosed = errors.New("opensearch: closed, record refused")
	// ErrPlainIndex is reported when the stream turns out to be an index or alias: documents are stored, with a guessed mapping
	// and without rollover. It happens when no index template matches the name of the stream.
	ErrPlainIndex = errors.New("is no data stream but an index or alias: no index template with a data_stream matches it")
)

// Error is what went wrong with documents, as OnError receives it. It holds nothing of the documents and no credentials.
type Error struct {
	Stream    string // where the documents were to go
	Documents int    // how many it is about
	Retried   bool   // they are kept and sent again
	Status    int    // HTTP status of the request or of the first of the documents; 0 for no answer
	Type      string // OpenSearch's name of the error, "" when the answer had none
	Reason    string // what OpenSearch or the network said
	Err       error  // the error of the network, nil for an answer
}

// Error says what happened, to how many documents, and what will become of them.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "opensearch: %s: ", e.Stream)
	if e.Status > 0 {
		fmt.Fprintf(&b, "status %d", e.Status)
		hint := hints[e.Status]
		if e.Status == 400 && e.Type == "" {
			hint = hints[405]
		}
		if hint != "" {
			b.WriteString(" (" + hint + ")")
		}
		b.WriteString(": ")
	}
	b.WriteString(strings.Trim(e.Type+": "+e.Reason, ": "))
	if e.Retried {
		fmt.Fprintf(&b, "; %d documents wait and are sent again", e.Documents)
	} else {
		fmt.Fprintf(&b, "; %d documents are not sent again", e.Documents)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

var hints = map[int]string{
	400: "not understood", 401: "user name, password or token not accepted", 403: "not permitted, or writing is blocked",
	404: "not found: wrong URL, or the stream may not be made", 405: "wrong URL", 406: "wrong URL", 413: "too large",
	429: "overloaded, or a disk is full",
}

// reporter passes errors on: each kind once a minute.
type reporter struct {
	sink onerror.Sink

	mu   sync.Mutex
	told map[string]time.Time
	last string
	at   time.Time
}

// tellAgain is how long an error of a kind is not told again.
const tellAgain = time.Minute

func (r *reporter) report(err error) {
	now := time.Now()
	kind := withoutDigits(err.Error())
	var e *Error
	if errors.As(err, &e) {
		kind = fmt.Sprint(e.Status, e.Type, withoutDigits(e.Reason), e.Retried)
	}
	r.mu.Lock()
	r.last, r.at = err.Error(), now
	if at, ok := r.told[kind]; ok && now.Sub(at) < tellAgain {
		r.mu.Unlock()
		return
	}
	if r.told == nil || len(r.told) >= 64 {
		r.told = make(map[string]time.Time)
	}
	r.told[kind] = now
	r.mu.Unlock()
	r.sink.Report(err)
}

// withoutDigits leaves out what differs between errors of a kind: the client's port, the present time, a count.
func withoutDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, s)
}

func (r *reporter) latest() (string, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.at
}
