package search

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"
)

// A Searcher answers queries on records. All methods end with the context's error when it is done, and are safe for concurrent
// use. A record's place among the others, its time and its fields are what the JSON line says that it was written as.
type Searcher interface {
	// Search returns the hits of a request at once.
	Search(ctx context.Context, req *Request) (*Result, error)

	// Records returns the hits one by one; Limit, Sort and Cursor hold, Memory and Count do not matter. A Hit is the caller's to
	// keep. An error ends the sequence; a [*DamageError] comes behind all records that can be read.
	Records(ctx context.Context, req *Request) iter.Seq2[Hit, error]

	// Tail returns hits as they are written, beginning with the newest Limit ones of those that are there (none when Limit is
	// negative), in the order of Arrival, until the context is done or the loop ends. Sort and Cursor do not matter.
	Tail(ctx context.Context, req *Request) iter.Seq2[Hit, error]

	// Aggregate computes aggregations over all records that match. Limit, Sort and Cursor do not matter.
	Aggregate(ctx context.Context, req *Request, aggs Aggregations) (*Aggregated, error)

	// Fields lists the fields of the records that match, by name.
	Fields(ctx context.Context, req *Request) ([]FieldInfo, error)

	// Facets returns the most frequent values of each of the fields among the records that match, size of them at most.
	Facets(ctx context.Context, req *Request, fields []string, size int) (map[string]*Buckets, error)

	// Context returns the records that arrived around the one with the ID, that one among them, in the order of Arrival. Query,
	// Forced, Hide, Fields and the time range of req hold for its neighbours; req may be nil. The error is ErrNotFound when there is no such record.
	Context(ctx context.Context, id string, before, after int, req *Request) ([]Hit, error)

	// Explain says how a request would be answered, and what it costs where that is known.
	Explain(ctx context.Context, req *Request) (*Plan, error)
}

// Errors of a Searcher.
var (
	// ErrNotFound is returned for the ID of a record that is not there.
	ErrNotFound = errors.New("search: there is no record with that ID")

	// ErrMemory is returned when the hits take more than [Request.Memory].
	ErrMemory = errors.New("search: the hits need more memory than the request allows; ask for fewer, or read them one by one")

	// ErrBuckets is returned when aggregations make more buckets than are allowed.
	ErrBuckets = errors.New("search: the aggregation makes too many buckets; narrow the query, enlarge the interval, or aggregate on another field")

	// ErrCursor is returned for a cursor that is none, or belongs to another order.
	ErrCursor = errors.New("search: the cursor is not one of this request")
)

// A DamageError says what could not be read and is missing from the records.
type DamageError struct {
	Damaged []string // one sentence each
}

func (e *DamageError) Error() string {
	return "damaged, and missing from the result: " + strings.Join(e.Damaged, "; ")
}

// A Result is the answer to a [Request].
type Result struct {
	Hits []Hit

	// Total is how many records match, exactly if Exact is set, else at least. Weighted is what they stand for, when the request
	// weighs.
	Total    uint64
	Exact    bool
	Weighted float64

	Cursor  string        // for a Request that continues; empty when there is nothing more
	Partial bool          // the request's Timeout ended the search
	Damaged []string      // what could not be read and is missing from the result, one sentence each
	Took    time.Duration // from call to return
}

// A Hit is one record.
type Hit struct {
	ID         string    // names the record to the same Searcher
	Time       time.Time // zero if the record has none
	Line       []byte    // the record as a JSON line, without what the request hides or does not show, and without a newline
	Highlights []Highlight
}

// A Highlight is a part of a field's value that the query matched. Start and End are bytes in the string that the value is
// after JSON's escapes, or in the digits of a number.
type Highlight struct {
	Field      string
	Value      int // which of the field's values, from 0
	Start, End int
}

// FieldInfo tells about a field.
type FieldInfo struct {
	Name    string
	Kind    Kind
	Types   []string // of its values: string, number, boolean
	Records uint64   // that have it, if Exact, else at least one
	Exact   bool
}

// A Plan is how a request is answered, as a tree of steps.
type Plan struct {
	Step  string        `json:"step"`            // what is done
	Rows  int64         `json:"rows"`            // records that come out of it, -1 if not known
	Bytes int64         `json:"bytes,omitempty"` // read from disk for it, 0 if not known
	Took  time.Duration `json:"took_ns"`
	Steps []*Plan       `json:"steps,omitempty"` // what it consists of
}
