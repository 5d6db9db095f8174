package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of a request where it sets none.
const (
	DefaultLimit   = 1000     // hits
	DefaultMemory  = 64 << 20 // bytes that a Result holds
	DefaultBuckets = 65_536   // of all aggregations together, those of OpenSearch too
)

// Unlimited as a [Request.Limit] asks for every hit.
const Unlimited = -1

// A Request says what is searched for and how it is shown. The zero Request finds the newest 1,000 records. A Request is not
// written to; it may be used again and by several goroutines.
type Request struct {
	Query Query

	// From and To bound the records' time: From is included, To is not. Zero is no bound. A record without a time is outside
	// of every bound.
	From, To time.Time

	// Now is what relative times in the query count from; zero means time.Now.
	Now time.Time

	Limit  int    // hits at most; 0 means 1,000, Unlimited or any negative number all of them
	Sort   Sort   // the zero Sort is newest first
	Cursor string // continues behind the last hit of the Result that it came with; the rest of the Request must be the same
	Count  bool   // count all matching records, not only until the limit is reached

	// Weigh counts every record count/sample_rate times in totals and aggregations, for what sampling and collapsing left out.
	Weigh bool

	Fields    []string // show these fields and what is below them alone; none means all, and the line as it was stored
	Highlight bool     // tell where in the hits the query matched

	// Forced is a condition that every query is under, whatever it says; Hide are fields that, with all below them, are in no
	// query, aggregation, order or output, as if the records did not have them. Forced itself may use them.
	Forced Query
	Hide   []string

	Timeout time.Duration // after which what was found so far is returned, marked as partial; 0 means none beside the context
	Memory  int           // bytes that the hits of one Result may hold; 0 means 64 MiB
}

// Order is how hits are ordered.
type Order uint8

// The orders. Records that are equal in them follow each other as in Newest or, for Oldest and Arrival, as in Arrival.
const (
	Newest     Order = iota // by time, the last first
	Oldest                  // by time, the first first
	Arrival                 // as they were written
	Ascending               // by a field; records without it come last
	Descending              // by a field; records without it come last
)

// A Sort is an order, with the field for those that need one. Numbers come before strings, and strings are ordered byte by
// byte. A record with several values counts with its least in ascending, its greatest in descending order.
type Sort struct {
	Order Order
	Field string
}

// String writes the Sort as [ParseSort] reads it.
func (s Sort) String() string {
	switch s.Order {
	case Oldest:
		return "oldest"
	case Arrival:
		return "arrival"
	case Ascending:
		return s.Field
	case Descending:
		return s.Field + ":desc"
	}
	return "newest"
}

// ParseSort reads newest, oldest, arrival, FIELD, FIELD:asc or FIELD:desc.
func ParseSort(text string) (Sort, error) {
	switch text {
	case "", "newest":
		return Sort{}, nil
	case "oldest":
		return Sort{Order: Oldest}, nil
	case "arrival":
		return Sort{Order: Arrival}, nil
	}
	field, direction, _ := strings.Cut(text, ":")
	switch {
	case field == "" || direction != "" && direction != "asc" && direction != "desc":
		return Sort{}, fmt.Errorf("sort %.60q: want newest, oldest, arrival, FIELD, FIELD:asc or FIELD:desc", text)
	case field == "time" && direction == "desc":
		return Sort{}, nil
	case field == "time":
		return Sort{Order: Oldest}, nil
	case direction == "desc":
		return Sort{Order: Descending, Field: field}, nil
	}
	return Sort{Order: Ascending, Field: field}, nil
}

// Max returns how many hits are asked for, and false for all of them.
func (r *Request) Max() (int, bool) {
	switch {
	case r.Limit == 0:
		return DefaultLimit, true
	case r.Limit < 0:
		return 0, false
	}
	return r.Limit, true
}

// MemoryBound returns how many bytes the hits of a Result may hold.
func (r *Request) MemoryBound() int {
	if r.Memory <= 0 {
		return DefaultMemory
	}
	return r.Memory
}

// Clock returns what relative times count from.
func (r *Request) Clock() time.Time {
	if r.Now.IsZero() {
		return time.Now()
	}
	return r.Now
}

// Validate says what is wrong with the request, beside its cursor.
func (r *Request) Validate() error {
	switch {
	case !r.From.IsZero() && !r.To.IsZero() && r.To.Before(r.From):
		return fmt.Errorf("search: the time range ends at %s, before it begins at %s", r.To.Format(time.RFC3339), r.From.Format(time.RFC3339))
	case r.Sort.Order > Descending:
		return fmt.Errorf("search: order %d: want one of newest, oldest, arrival, ascending, descending", r.Sort.Order)
	case (r.Sort.Order >= Ascending) != (r.Sort.Field != ""):
		return fmt.Errorf("search: sort by field %q in order %d: a field goes with ascending and descending alone, which need one", r.Sort.Field, r.Sort.Order)
	}
	return nil
}

// Condition returns what a record must match beside the time range: the query without what it may not see, under the
// forced one. Evaluators use it instead of the Query.
func (r *Request) Condition() Expr {
	var list []Expr
	if r.Forced.Expr != nil {
		list = append(list, r.Forced.Expr)
	}
	if e := r.Visible(); e != nil {
		list = append(list, e)
	}
	if len(list) == 0 {
		return All{}
	}
	return join[And](list)
}

// Visible returns the query without what it may not see, nil for an empty one.
func (r *Request) Visible() Expr {
	if r.Query.Expr == nil {
		return nil
	}
	return r.visible(r.Query.Expr)
}

// visible replaces conditions on hidden fields by what they are on records without them.
func (r *Request) visible(e Expr) Expr {
	if len(r.Hide) == 0 {
		return e
	}
	switch e := e.(type) {
	case And:
		return And(r.visibleList(e))
	case Or:
		return Or(r.visibleList(e))
	case Not:
		return Not{r.visible(e.Expr)}
	case Exists:
		if r.Hidden(e.Field) {
			return None{}
		}
		return Exists{Field: e.Field, Except: r.Hide}
	case Match:
		return r.visibleLeaf(e.Field, func(f string) Expr { return Match{f, e.Value} })
	case Wildcard:
		return r.visibleLeaf(e.Field, func(f string) Expr { return Wildcard{f, e.Pattern} })
	case Regexp:
		return r.visibleLeaf(e.Field, func(f string) Expr { return Regexp{f, e.Pattern, e.Fold} })
	case Range:
		if r.Hidden(e.Field) {
			return None{}
		}
	}
	return e
}

func (r *Request) visibleList(list []Expr) []Expr {
	out := make([]Expr, len(list))
	for i, x := range list {
		out[i] = r.visible(x)
	}
	return out
}

func (r *Request) visibleLeaf(field string, make func(field string) Expr) Expr {
	if field != "" {
		if r.Hidden(field) {
			return None{}
		}
		return make(field)
	}
	if !slices.ContainsFunc(MessageFields, r.Hidden) {
		return make("")
	}
	var list Or
	for _, f := range MessageFields {
		if !r.Hidden(f) {
			list = append(list, make(f))
		}
	}
	return list
}

// Hidden says whether the request hides the field.
func (r *Request) Hidden(field string) bool { return Covers(r.Hide, field) }

// Shown says whether the request shows the field.
func (r *Request) Shown(field string) bool {
	return !r.Hidden(field) && (len(r.Fields) == 0 || Covers(r.Fields, field))
}

// Covers says whether field is one of the paths, below one of them, or another value of one of them that was renamed because
// its key was taken (key#2).
func Covers(paths []string, field string) bool {
	for _, p := range paths {
		if covers(p, field) {
			return true
		}
	}
	return false
}

func covers(path, field string) bool {
	for {
		want, restPath, morePath := strings.Cut(path, ".")
		have, restField, moreField := strings.Cut(field, ".")
		if have != want {
			base, n, renamed := strings.Cut(have, "#")
			if _, err := strconv.Atoi(n); !renamed || base != want || err != nil {
				return false
			}
		}
		if !morePath {
			return true
		}
		if !moreField {
			return false
		}
		path, field = restPath, restField
	}
}
