// Package embedded asks what can be searched inside a process, this library's store and its peers, the same eight queries.
package embedded

import (
	"context"
	"errors"
	"fmt"

	"github.com/sluicelog/sluice/bench/audio"
)

// ErrUnsupported is returned for a query that an engine has no way to answer.
var ErrUnsupported = errors.New("the engine has no such query")

// An Engine keeps lines and finds them. It is for one goroutine.
type Engine interface {
	// Add keeps a line, which is the caller's again afterwards.
	Add(line []byte) error

	// Seal writes down all that was added: nothing is added any more, and queries may come.
	Seal(ctx context.Context) error

	// Find answers q1 to q6: how many records match, and the newest of them, the newest first, as they were added.
	Find(ctx context.Context, query string) (hits int, newest [][]byte, err error)

	// Levels answers q7: the records by level and minute since 1970. Whole says that minutes were not told apart: all stand at 0.
	Levels(ctx context.Context) (counts map[string]map[int64]int, whole bool, err error)

	// P99 answers q8: the p99 of duration_ms by stage.
	P99(ctx context.Context) (map[string]float64, error)

	Close() error
}

// A Peer opens engines.
type Peer struct {
	Name string
	Open func(ctx context.Context, dir string, o *audio.Oracle) (Engine, error)
	// Within is by what share of it a P99 may be off.
	Within float64
}

// Peers are this library's store and what it is compared with; the store is the first.
func Peers() []Peer {
	out := []Peer{
		{Name: "sluice store", Open: openStore, Within: storeError},
		{Name: "SQLite, FTS5 + 5 indexes", Open: openSQLite},
		{Name: "bleve", Open: openBleve},
	}
	if rg, ok := ripgrep(); ok {
		out = append(out, Peer{Name: "ripgrep, counts only", Open: func(_ context.Context, dir string, o *audio.Oracle) (Engine, error) { return openRipgrep(rg, dir, o) }})
	}
	return out
}

// Queries are the names of the eight, with what they ask for.
func Queries() [8][2]string {
	return [8][2]string{
		{"q1", "request_id = one"}, {"q2", "phrase in msg"}, {"q3", "level AND stage"}, {"q4", "duration_ms > 5000"},
		{"q5", "user_id, a prefix"}, {"q6", "five minutes AND level"}, {"q7", "count by level and minute"}, {"q8", "p99(duration_ms) by stage"},
	}
}

// unknown is the error for a query of another name.
func unknown(query string) error { return fmt.Errorf("no query %q: want q1 to q6", query) }
