package eval

import (
	"time"

	"github.com/sluicelog/sluice/search"
)

// A Program decides whether records match a condition. It is immutable and safe for concurrent use.
type Program struct {
	root node
	lits []*Matcher // conditions under no negation: what they match is highlighted
}

type node interface{ match(r *Record) bool }

// Compile compiles a condition. Relative times count from now.
func Compile(e search.Expr, now time.Time) (*Program, error) {
	p := &Program{}
	root, err := p.compile(e, now, true)
	p.root = root
	return p, err
}

// Match says whether the record matches.
func (p *Program) Match(r *Record) bool { return p.root.match(r) }

// Expand puts a condition on each of the message fields in place of one without a field.
func Expand(e search.Expr) search.Expr {
	on := func(field string, with func(string) search.Expr) search.Expr {
		if field != "" {
			return e
		}
		var list search.Or
		for _, f := range search.MessageFields {
			list = append(list, with(f))
		}
		return list
	}
	switch e := e.(type) {
	case search.Match:
		return on(e.Field, func(f string) search.Expr { return search.Match{Field: f, Value: e.Value} })
	case search.Wildcard:
		return on(e.Field, func(f string) search.Expr { return search.Wildcard{Field: f, Pattern: e.Pattern} })
	case search.Regexp:
		return on(e.Field, func(f string) search.Expr { return search.Regexp{Field: f, Pattern: e.Pattern, Fold: e.Fold} })
	}
	return e
}

func (p *Program) compile(e search.Expr, now time.Time, positively bool) (node, error) {
	switch e := Expand(e).(type) {
	case nil, search.All:
		return constant(true), nil
	case search.None:
		return constant(false), nil
	case search.And:
		list, err := p.compileList(e, now, positively)
		return allOf(list), err
	case search.Or:
		list, err := p.compileList(e, now, positively)
		return anyOf(list), err
	case search.Not:
		inner, err := p.compile(e.Expr, now, !positively)
		return negation{inner}, err
	case search.Exists:
		return exists{e.Field, e.Except}, nil
	default:
		m, err := NewMatcher(e, now)
		if err != nil {
			return nil, err
		}
		if positively {
			p.lits = append(p.lits, m)
		}
		return leaf{m}, nil
	}
}

func (p *Program) compileList(list []search.Expr, now time.Time, positively bool) ([]node, error) {
	out := make([]node, len(list))
	for i, e := range list {
		n, err := p.compile(e, now, positively)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

type (
	constant bool
	allOf    []node
	anyOf    []node
	negation struct{ node }
	exists   struct {
		field  string
		except []string
	}
	leaf struct{ m *Matcher }
)

func (c constant) match(*Record) bool { return bool(c) }

func (list allOf) match(r *Record) bool {
	for _, n := range list {
		if !n.match(r) {
			return false
		}
	}
	return true
}

func (list anyOf) match(r *Record) bool {
	for _, n := range list {
		if n.match(r) {
			return true
		}
	}
	return false
}

func (n negation) match(r *Record) bool { return !n.node.match(r) }

func (e exists) match(r *Record) bool {
	if e.field == "time" {
		return r.Time != NoTime
	}
	return r.has(e.field, e.except)
}

func (l leaf) match(r *Record) bool {
	if l.m.Field == "time" {
		return r.Time != NoTime && l.m.Instant(r.Time)
	}
	for i := range r.Leaves {
		if v := &r.Leaves[i]; string(v.Path) == l.m.Field && l.m.Leaf(v) {
			return true
		}
	}
	return false
}
