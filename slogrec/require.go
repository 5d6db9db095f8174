package slogrec

import (
	"fmt"
	"strings"
)

// TB is the part of testing.TB that the assertions use.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Require ends the test unless all matchers hold for at least one record, and returns the first such record.
func (r *Recorder) Require(t TB, matchers ...Matcher) Record {
	t.Helper()
	found := r.Find(matchers...)
	if len(found) == 0 {
		t.Fatalf("%s", r.failure("a record", matchers))
		return Record{}
	}
	return found[0]
}

// RequireCount ends the test unless all matchers hold for exactly n records, and returns them.
func (r *Recorder) RequireCount(t TB, n int, matchers ...Matcher) []Record {
	t.Helper()
	found := r.Find(matchers...)
	if len(found) != n {
		t.Fatalf("%s", r.failure(fmt.Sprintf("%d records, not %d,", n, len(found)), matchers))
	}
	return found
}

// RequireNone ends the test if all matchers hold for any record.
func (r *Recorder) RequireNone(t TB, matchers ...Matcher) {
	t.Helper()
	if len(r.Find(matchers...)) > 0 {
		t.Fatalf("%s", r.failure("no record", matchers))
	}
}

// maxListed bounds the records in a failure; the latest are listed.
const maxListed = 50

// failure lists what was recorded, with a mark before the records that match.
func (r *Recorder) failure(want string, matchers []Matcher) string {
	all, m := r.Records(), And(matchers...)
	var b strings.Builder
	fmt.Fprintf(&b, "want %s with %s; recorded %d:", want, m, len(all))
	if skipped := len(all) - maxListed; skipped > 0 {
		fmt.Fprintf(&b, "\n    (%d earlier ones)", skipped)
		all = all[skipped:]
	}
	for _, rec := range all {
		mark := "   "
		if m.match(rec) {
			mark = "  >"
		}
		fmt.Fprintf(&b, "\n%s %s", mark, rec)
	}
	return b.String()
}
