package store

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/sluicelog/sluice/search"
)

// Retention says what is removed. What a legal hold covers stays, whatever the limits say.
type Retention struct {
	// MaxAge removes segments whose newest record is older. 0 means no limit.
	MaxAge time.Duration
	// MaxBytes removes the oldest segments while all of them together are larger. 0 means no limit.
	MaxBytes int64
	// Levels removes the records of exactly this level that are older. MaxAge holds beside it.
	Levels map[slog.Level]time.Duration
	// Classes say for some records how long they are kept, in place of MaxAge and Levels: longer or shorter. The first class whose
	// query matches a record decides. MaxBytes holds beside them.
	Classes []Class
}

// A Class are the records that a query matches, and how long they are kept.
type Class struct {
	// Query says which records, in the language of package search: an attribute (tenant:acme), a level (level>=error), or any
	// other condition. Relative times count from when the retention is applied.
	Query search.Query
	// KeepFor is the age at which they are removed: when their segment's newest record is that old. Negative keeps them for ever.
	KeepFor time.Duration
}

// none says that nothing is ever removed.
func (r *Retention) none() bool {
	return r.MaxAge == 0 && r.MaxBytes == 0 && len(r.Levels) == 0 && len(r.Classes) == 0
}

func (r *Retention) validate(wrong func(field string, value any, want string)) {
	if r.MaxAge < 0 {
		wrong("Retention.MaxAge", r.MaxAge, "0 or more")
	}
	if r.MaxBytes < 0 {
		wrong("Retention.MaxBytes", r.MaxBytes, "0 or more")
	}
	for l, age := range r.Levels {
		if age <= 0 {
			wrong("Retention.Levels["+l.String()+"]", age, "more than 0")
		}
	}
	for i, c := range r.Classes {
		if c.KeepFor == 0 {
			wrong(fmt.Sprintf("Retention.Classes[%d].KeepFor", i), c.KeepFor, "more than 0, or negative for ever")
		}
		if matchesAll(c.Query.Expr) && i < len(r.Classes)-1 {
			wrong(fmt.Sprintf("Retention.Classes[%d].Query", i), c.Query, "a condition: the classes behind it would have no record")
		}
	}
}

func matchesAll(e search.Expr) bool {
	_, all := e.(search.All)
	return e == nil || all
}
