package opensearch

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/fields"
	"github.com/sluicelog/sluice/internal/words"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// translator makes the query DSL of a tree.
type translator struct {
	m   *mapping
	now time.Time
	// rescued looks for values of fields that are no standard ones under fields.Unmapped too, where a document has what its index refused.
	rescued bool
}

var (
	matchAll  = object{"match_all": object{}}
	matchNone = object{"match_none": object{}}
)

// query translates a node.
func (t *translator) query(e search.Expr) (object, error) {
	switch e := eval.Expand(e).(type) {
	case nil, search.All:
		return matchAll, nil
	case search.None:
		return matchNone, nil
	case search.And:
		var filter, not []any
		for _, x := range e {
			n, negated := x.(search.Not)
			if negated {
				x = n.Expr
			}
			q, err := t.query(x)
			if err != nil {
				return nil, err
			}
			if negated {
				not = append(not, q)
			} else {
				filter = append(filter, q)
			}
		}
		return boolean(filter, not), nil
	case search.Or:
		return t.either(e)
	case search.Not:
		q, err := t.query(e.Expr)
		return boolean(nil, []any{q}), err
	case search.Exists:
		return t.exists(e), nil
	case search.Match:
		q := t.match(e)
		if t.rescued && fields.ByKey(e.Field) == nil {
			q = anyOf([]any{q, term(fields.Unmapped+"."+e.Field, e.Value)})
		}
		return q, nil
	case search.Wildcard:
		return t.wildcard(e), nil
	case search.Regexp:
		return t.regexp(e)
	case search.Range:
		return t.between(e), nil
	}
	return matchNone, nil
}

func boolean(filter, not []any) object {
	b := object{}
	if len(filter) > 0 {
		b["filter"] = filter
	}
	if len(not) > 0 {
		b["must_not"] = not
	}
	return object{"bool": b}
}

func (t *translator) either(list []search.Expr) (object, error) {
	if len(list) == 0 {
		return matchNone, nil
	}
	should := make([]any, len(list))
	for i, x := range list {
		q, err := t.query(x)
		if err != nil {
			return nil, err
		}
		should[i] = q
	}
	return anyOf(should), nil
}

func anyOf(should []any) object {
	if len(should) == 0 {
		return matchNone
	}
	return object{"bool": object{"should": should, "minimum_should_match": 1}}
}

// exists asks for a value at the path or below it.
func (t *translator) exists(e search.Exists) object {
	var should []any
	for _, key := range t.m.keys() {
		if key != e.Field && !strings.HasPrefix(key, e.Field+".") || search.Covers(e.Except, key) {
			continue
		}
		should = append(should, object{"exists": object{"field": t.m.column(key).path}})
	}
	if len(should) == 1 {
		return should[0].(object)
	}
	return anyOf(should)
}

func term(path string, value any) object {
	return object{"term": object{path: object{"value": value}}}
}

func (t *translator) match(e search.Match) object {
	kind, c := search.KindOf(e.Field), t.m.column(e.Field)
	if kind == search.Level {
		l, err := level.Parse(e.Value)
		n := t.m.columns[severityNumber]
		if err == nil && !isDigits(e.Value) && n.family == numbers {
			return term(severityNumber, int(l)+severityOffset)
		}
		if err == nil && !isDigits(e.Value) {
			e.Value = level.Name(l)
		}
	}
	switch c.family {
	case texts:
		if len(words.Split(e.Value)) == 0 {
			return matchNone
		}
		return object{"match_phrase": object{c.path: object{"query": e.Value}}}
	case keywords:
		return term(c.path, e.Value)
	case numbers:
		if n, ok := search.ParseNumber(e.Field, e.Value); ok {
			return term(c.path, json.Number(n.String()))
		}
	case booleans:
		if e.Value == "true" || e.Value == "false" {
			return term(c.path, e.Value == "true")
		}
	case dates:
		if from, to, ok := search.ParseTime(e.Value, t.now); ok {
			return timeRange(c.path, from, to)
		}
	case mixed:
		return object{"match": object{c.path: object{"query": e.Value, "lenient": true}}}
	}
	return matchNone
}

func isDigits(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

func (t *translator) wildcard(e search.Wildcard) object {
	c := t.m.column(e.Field)
	pattern := e.Pattern
	switch {
	case c.family == texts:
		pattern = words.Fold(pattern)
	case c.family != keywords:
		return matchNone
	case search.KindOf(e.Field) == search.Level:
		pattern = strings.ToUpper(pattern)
	}
	return object{"wildcard": object{c.path: object{"value": pattern}}}
}

func (t *translator) regexp(e search.Regexp) (object, error) {
	c := t.m.column(e.Field)
	if c.family != texts && c.family != keywords {
		return matchNone, nil
	}
	e.Fold = e.Fold || search.KindOf(e.Field) == search.Level
	pattern, err := lucene(e)
	if err != nil {
		return nil, err
	}
	return object{"regexp": object{c.path: object{"value": pattern, "flags": "NONE"}}}, nil
}

// between translates a range as eval compiles one: numbers are compared with numbers, strings with strings.
func (t *translator) between(e search.Range) object {
	kind, c := search.KindOf(e.Field), t.m.column(e.Field)
	if kind == search.Level {
		return t.levels(e)
	}
	if c.family == dates {
		return t.times(e, c)
	}
	limits := object{}
	numeric, literal := false, false
	for _, end := range []struct {
		search.Bound
		op string
	}{{e.Min, "gt"}, {e.Max, "lt"}} {
		if !end.Set() {
			continue
		}
		op := end.op
		if !end.Exclude {
			op += "e"
		}
		n, ok := search.ParseNumber(e.Field, end.Value)
		if end.Quoted || !ok {
			literal = true
			limits[op] = end.Value
		} else {
			numeric = true
			limits[op] = json.Number(n.String())
		}
	}
	if numeric == literal || numeric && c.family != numbers || literal && c.family != keywords {
		return matchNone
	}
	return object{"range": object{c.path: limits}}
}

func (t *translator) levels(e search.Range) object {
	limits := object{}
	for _, end := range []struct {
		search.Bound
		op string
	}{{e.Min, "gt"}, {e.Max, "lt"}} {
		if !end.Set() {
			continue
		}
		l, err := level.Parse(end.Value)
		if err != nil {
			return matchNone
		}
		op := end.op
		if !end.Exclude {
			op += "e"
		}
		limits[op] = int(l) + severityOffset
	}
	if t.m.columns[severityNumber].family != numbers {
		return matchNone
	}
	return object{"range": object{severityNumber: limits}}
}

func (t *translator) times(e search.Range, c column) object {
	limits := object{}
	if e.Min.Set() {
		from, to, ok := search.ParseTime(e.Min.Value, t.now)
		if !ok {
			return matchNone
		}
		if e.Min.Exclude {
			from = to
		}
		limits["gte"] = timeText(from)
	}
	if e.Max.Set() {
		from, to, ok := search.ParseTime(e.Max.Value, t.now)
		if !ok {
			return matchNone
		}
		if e.Max.Exclude {
			to = from
		}
		limits["lt"] = timeText(to)
	}
	return object{"range": object{c.path: limits}}
}

func timeRange(path string, from, to time.Time) object {
	return object{"range": object{path: object{"gte": timeText(from), "lt": timeText(to)}}}
}

func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }
