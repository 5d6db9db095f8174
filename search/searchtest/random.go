package searchtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
)

// RandomRecord returns a JSON line with values that are easily taken for one another: fields of several types in different records, keys
// twice, lists in lists, escapes, numbers in many spellings. It has the attribute n, and time unless timeless.
func RandomRecord(r *rand.Rand, n int, timeless bool) []byte {
	if timeless && r.IntN(2) == 0 {
		return []byte(randomText(r) + fmt.Sprintf(" line %d", n))
	}
	var b strings.Builder
	b.WriteByte('{')
	if !timeless {
		fmt.Fprintf(&b, `"time":%q,`, Begin.Add(time.Duration(n)*time.Second+time.Duration(r.IntN(5))*500*time.Millisecond).Format(time.RFC3339Nano))
	}
	fmt.Fprintf(&b, `"level":%q,"msg":%s,"n":%d`, pick(r, "DEBUG", "INFO", "WARN", "ERROR", "info", "INFO+2", "loud", "err"), quoted(r, randomText(r)), n)
	for range r.IntN(6) {
		field, value := pick(r, randomFields...), randomValue(r, 0)
		if field == "count" { // sums of huge weights depend on their order
			value = pick(r, "1", "3", "12", "0", "-2", "[5,4]", `"7"`, "null")
		}
		fmt.Fprintf(&b, `,%q:%s`, field, value)
	}
	b.WriteByte('}')
	return []byte(b.String())
}

var randomFields = []string{"a", "b", "c.d", "e", "wait_ms", "error", "sample_rate", "count", "first_occurrence", "x-y"}

var randomWords = []string{"disk", "Full", "FULL", "disk_full", "a", "x1", "1", "12", "3.5", "don't", "größe", "GRÖSSE", "e.g.", "a:b", "\"q\"", "\\", "tab\t", "/", "<b>", "-", "東京", "aud_12ff", "web-01", ""}

func randomText(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		return fmt.Sprintf("took %d ms for part-%d of %s", r.IntN(300), r.IntN(20), pick(r, randomWords...))
	}
	var list []string
	for range r.IntN(5) {
		list = append(list, pick(r, randomWords...))
	}
	return strings.Join(list, pick(r, " ", " ", "  ", ", ", "/", "_"))
}

// quoted writes a JSON string, at times with escapes that are not needed.
func quoted(r *rand.Rand, s string) string {
	text, _ := json.Marshal(s)
	if r.IntN(6) > 0 {
		return string(text)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '/':
			b.WriteString(`\/`)
		case c >= 0x80 && c < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, c)
		case c < ' ' || c == '"' || c == '\\':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func randomValue(r *rand.Rand, depth int) string {
	switch n := r.IntN(12); {
	case n < 4:
		return quoted(r, pick(r, append(randomWords, "5", "true", "null", "2026-03-02T08:00:10Z", "1.50")...))
	case n < 8:
		return pick(r, "0", "1", "5", "5.0", "5e0", "-3", "1.5", "1.50", "12", "9007199254740993", "9007199254740992", "18446744073709551615", "1e3", "-0", "0.25", "1500")
	case n < 9:
		return pick(r, "true", "false", "null")
	case depth > 2:
		return "[]"
	case n < 11:
		list := make([]string, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, depth+1)
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	var members []string
	for range r.IntN(3) {
		members = append(members, fmt.Sprintf("%q:%s", pick(r, "d", "k", "a", "message"), randomValue(r, depth+1)))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// RandomQuery returns a query on random records.
func RandomQuery(r *rand.Rand) search.Query { return search.Query{Expr: randomExpr(r, 3)} }

func randomExpr(r *rand.Rand, depth int) search.Expr {
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return search.And{randomExpr(r, depth-1), randomExpr(r, depth-1)}
		case 1:
			return search.Or{randomExpr(r, depth-1), randomExpr(r, depth-1), randomExpr(r, 0)}
		case 2:
			return search.Not{Expr: randomExpr(r, depth-1)}
		}
	}
	field := pick(r, append(randomFields, "", "msg", "msg", "level", "c", "a.k", "e.d", "error.message", "c.d.a", "missing")...)
	word := pick(r, append(randomWords, "5", "5.0", "true", "1.5", "9007199254740993", "1.5s", "loud", "error", "took", "part-7", "ms for")...)
	kind := r.IntN(9)
	if search.KindOf(field) == search.Time && (kind == 1 || kind == 2) {
		kind = 0
	}
	switch kind {
	case 0:
		if field != "" {
			return search.Exists{Field: field}
		}
	case 1:
		return search.Wildcard{Field: field, Pattern: pick(r, "*i*", "d?sk", "*1", "f*", "web-*", "*", "??", "aud_*ff")}
	case 2:
		return search.Regexp{Field: field, Pattern: pick(r, "d.*", "[0-9]+", ".*l", "(disk|full)", "x\\d", ".*", "[^a-z]+"), Fold: r.IntN(3) == 0}
	case 3, 4:
		return randomRange(r, field)
	}
	if search.KindOf(field) == search.Time {
		word = "2026-03-02T08:00"
	}
	return search.Match{Field: field, Value: word}
}

func randomRange(r *rand.Rand, field string) search.Expr {
	bound := func() search.Bound {
		b := search.Bound{Value: pick(r, "0", "1", "5", "1.5", "-3", "12", "9007199254740992", "9007199254740993", "a", "disk", "1s", "z"), Exclude: r.IntN(2) == 0}
		b.Quoted = r.IntN(4) == 0
		return b
	}
	switch search.KindOf(field) {
	case search.Level:
		bound = func() search.Bound {
			return search.Bound{Value: pick(r, "debug", "info", "WARN", "error"), Exclude: r.IntN(2) == 0}
		}
	case search.Time:
		bound = func() search.Bound {
			return search.Bound{Value: pick(r, "2026-03-02T08:00:10Z", "2026-03-02T08:01", "-3h", "now"), Exclude: r.IntN(2) == 0}
		}
	case search.Text:
		field = "time"
		return search.Range{Field: field, Min: search.Bound{Value: "2026-03-02T08:00:30Z"}}
	}
	if field == "" {
		field = "n"
	}
	switch r.IntN(3) {
	case 0:
		return search.Range{Field: field, Min: bound()}
	case 1:
		return search.Range{Field: field, Max: bound()}
	}
	return search.Range{Field: field, Min: bound(), Max: bound()}
}

// RandomAggregations returns aggregations over random records.
func RandomAggregations(r *rand.Rand) search.Aggregations {
	field := func() string { return pick(r, append(randomFields, "level", "n", "a.k", "missing", "time")...) }
	one := func(inner search.Aggregations) search.Aggregation {
		switch r.IntN(6) {
		case 0:
			return search.Cardinality{Field: field()}
		case 1:
			return search.Stats{Field: field()}
		case 2:
			return search.Percentiles{Field: field(), Percents: []float64{0, 50, 100}}
		case 3:
			return search.Histogram{Field: pick(r, "n", "wait_ms"), Interval: pick(r, 50.0, 1000, 7.5), Aggs: inner}
		case 4:
			return search.DateHistogram{Field: pick(r, "", "time", "first_occurrence"), Interval: pick(r, time.Minute, time.Second, time.Hour), Aggs: inner}
		}
		return search.Terms{Field: field(), Size: 1 + r.IntN(20), ByKey: r.IntN(3) == 0, Aggs: inner}
	}
	return search.Aggregations{"x": one(search.Aggregations{"y": one(nil), "z": one(nil)}), "w": one(nil)}
}
