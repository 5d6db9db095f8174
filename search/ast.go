package search

import "slices"

// A Query is a condition on a record. The zero Query matches every record. A Query is not to be changed once it is in use;
// reading it is safe for concurrent use.
type Query struct {
	Expr Expr // nil matches every record
}

// An Expr is a node of a query: one of [All], [None], [And], [Or], [Not], [Exists], [Match], [Wildcard], [Regexp], [Range].
type Expr interface {
	appendText(dst []byte, in place) []byte
}

// All matches every record.
type All struct{}

// None matches no record. The parser makes none; [Request.Condition] does where a query asks for hidden fields.
type None struct{}

// And matches what all of its operands match. Without operands it matches everything.
type And []Expr

// Or matches what one of its operands matches. Without operands it matches nothing.
type Or []Expr

// Not matches what its operand does not match.
type Not struct{ Expr Expr }

// Exists matches records that have a value under the field's path or below it, except below the paths of Except, which is of
// no query's text: see [Request.Hide].
type Exists struct {
	Field  string
	Except []string
}

// Match matches a value, as the package documentation says for each kind of field. An empty Field means [MessageFields].
type Match struct{ Field, Value string }

// Wildcard matches a string by a pattern in which * stands for any characters and ? for one, and a backslash takes the meaning
// of what follows. An empty Field means [MessageFields].
type Wildcard struct{ Field, Pattern string }

// Regexp matches a whole string, or a word of a text, by a regular expression. An empty Field means [MessageFields].
type Regexp struct {
	Field, Pattern string
	Fold           bool // without regard to case
}

// Range matches values between bounds, of which at least one is set.
type Range struct {
	Field    string
	Min, Max Bound
}

// A Bound is one end of a [Range]. The zero Bound is no bound.
type Bound struct {
	Value   string
	Quoted  bool // a string, also when it reads as a number
	Exclude bool // the value itself is outside
}

// Set says whether the bound limits anything.
func (b Bound) Set() bool { return b.Value != "" || b.Quoted }

// MessageFields are the fields in which a value without a field is searched. Not to be written to.
var MessageFields = []string{"msg", "error.message"}

// Walk calls visit for e and, as long as visit returns true, for its operands. A nil e is not visited.
func Walk(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	switch e := e.(type) {
	case And:
		for _, x := range e {
			Walk(x, visit)
		}
	case Or:
		for _, x := range e {
			Walk(x, visit)
		}
	case Not:
		Walk(e.Expr, visit)
	}
}

// join makes one And or Or of operands, those of the same kind among them taken apart.
func join[T And | Or](list []Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	flat := make([]Expr, 0, len(list))
	for _, e := range list {
		if same, ok := any(e).(T); ok {
			flat = append(flat, same...)
		} else {
			flat = append(flat, e)
		}
	}
	return any(T(slices.Clip(flat))).(Expr)
}

// Conjunction returns the queries joined by AND.
func Conjunction(queries ...Query) Query {
	var list []Expr
	for _, q := range queries {
		if q.Expr == nil || q.Expr == (Expr)(All{}) {
			continue
		}
		list = append(list, q.Expr)
	}
	if len(list) == 0 {
		return Query{}
	}
	return Query{Expr: join[And](list)}
}
