package query

import (
	"cmp"
	"slices"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// A node is a condition made ready for columns. It is immutable.
type node struct {
	op       op
	operands []*node
	field    string // of exists
	except   []string
	m        *eval.Matcher
	safe     string // a string that the condition wants and that JSON writes in one way only; "" if there is none
	text     string // of the query, for Explain
}

type op uint8

const (
	opAll op = iota
	opNone
	opAnd
	opOr
	opNot
	opExists
	opMatch
)

func compile(e search.Expr, now time.Time) (*node, error) {
	n, err := compileExpr(e, now)
	if err == nil && e != nil {
		n.text = search.Query{Expr: e}.String()
	}
	return n, err
}

func compileExpr(e search.Expr, now time.Time) (*node, error) {
	list := func(o op, operands []search.Expr) (*node, error) {
		n := &node{op: o}
		for _, x := range operands {
			c, err := compile(x, now)
			if err != nil {
				return nil, err
			}
			n.operands = append(n.operands, c)
		}
		if o == opAnd {
			slices.SortStableFunc(n.operands, func(a, b *node) int { return cmp.Compare(a.cost(), b.cost()) })
		}
		return n, nil
	}
	switch e := eval.Expand(e).(type) {
	case nil, search.All:
		return &node{op: opAll}, nil
	case search.None:
		return &node{op: opNone}, nil
	case search.And:
		return list(opAnd, e)
	case search.Or:
		return list(opOr, e)
	case search.Not:
		return list(opNot, []search.Expr{e.Expr})
	case search.Exists:
		return &node{op: opExists, field: e.Field, except: e.Except}, nil
	default:
		m, err := eval.NewMatcher(e, now)
		if err != nil {
			return nil, err
		}
		n := &node{op: opMatch, m: m, field: m.Field}
		if want, ok := m.Equals(); ok && plainlyWritten(want) {
			n.safe = want
		}
		return n, nil
	}
}

// plainlyWritten says that no JSON writer escapes anything of s.
func plainlyWritten(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == ':' || c == '@' || c == ' ') {
			return false
		}
	}
	return s != ""
}

// cost orders the operands of an And: what prunes whole segments first, words of texts last.
func (n *node) cost() int {
	switch n.op {
	case opAll, opNone:
		return 0
	case opMatch:
		switch {
		case n.m.Kind == search.Time:
			return 1
		case n.safe != "":
			return 2
		case n.m.Kind == search.Level:
			return 3
		case n.m.Kind == search.Text:
			return 8
		}
		return 5
	case opExists:
		return 4
	}
	most := 6
	for _, o := range n.operands {
		most = max(most, o.cost())
	}
	return most
}
