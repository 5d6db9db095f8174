package eval

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/sluicelog/sluice/search"
)

// A Position is a record's place in every order.
type Position struct {
	Value search.Value // by which hits are sorted, where they are by a field
	Time  int64        // nanoseconds since 1970, NoTime without one
	Seq   [2]uint64    // order of arrival
}

// Before says whether a record at a comes before one at b.
func Before(s search.Sort, a, b *Position) bool { return compare(s, a, b) < 0 }

func compare(s search.Sort, a, b *Position) int {
	switch s.Order {
	case search.Oldest:
		return cmp.Or(cmp.Compare(a.Time, b.Time), slices.Compare(a.Seq[:], b.Seq[:]))
	case search.Arrival:
		return slices.Compare(a.Seq[:], b.Seq[:])
	case search.Ascending, search.Descending:
		noA, noB := a.Value.Type() == search.Missing, b.Value.Type() == search.Missing
		if noA != noB {
			if noA {
				return 1
			}
			return -1
		}
		c := a.Value.Compare(b.Value)
		if s.Order == search.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(b.Time, a.Time), slices.Compare(b.Seq[:], a.Seq[:]))
}

// SortValue returns by what the record is sorted: the least of its values in ascending, the greatest in descending order.
func SortValue(s search.Sort, r *Record) (best search.Value) {
	if s.Field == "" {
		return best
	}
	kind := search.KindOf(s.Field)
	if s.Field == "time" {
		if r.Time != NoTime {
			best = search.TimeValue(r.Time)
		}
		return best
	}
	r.Values(s.Field, func(l *Leaf) {
		v, ok := l.Value(kind)
		if ok {
			best = BetterValue(s, best, SeverityValue(kind, v))
		}
	})
	return best
}

// BetterValue returns the one of two values by which a record that has both is sorted.
func BetterValue(s search.Sort, a, b search.Value) search.Value {
	c := b.Compare(a)
	if a.Type() == search.Missing || s.Order == search.Descending && c > 0 || s.Order == search.Ascending && c < 0 {
		return b
	}
	return a
}

// SeverityValue returns the number by which a level is sorted in place of its name; other values stay.
func SeverityValue(kind search.Kind, v search.Value) search.Value {
	if kind != search.Level || v.Type() != search.String {
		return v
	}
	if l, ok := severity([]byte(v.Str())); ok {
		return search.NumberValue(search.Int(int64(l)))
	}
	return v
}

// cursor is what a cursor holds.
type cursor struct {
	Sort  string          `json:"s"`
	Type  uint8           `json:"y,omitempty"`
	Value json.RawMessage `json:"v,omitempty"`
	Time  int64           `json:"t"`
	Seq   [2]uint64       `json:"q"`
}

// EncodeCursor writes a position as the cursor of a request in that order.
func EncodeCursor(s search.Sort, p *Position) string {
	c := cursor{Sort: s.String(), Time: p.Time, Seq: p.Seq, Type: uint8(p.Value.Type())}
	switch p.Value.Type() {
	case search.Missing:
	case search.Instant:
		c.Value = json.RawMessage(p.Value.Number().String())
	default:
		c.Value, _ = p.Value.MarshalJSON()
	}
	b, _ := json.Marshal(c) // of strings and numbers: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// DecodeCursor reads a cursor. The error is [search.ErrCursor].
func DecodeCursor(s search.Sort, text string) (*Position, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	var c cursor
	if err != nil || json.Unmarshal(b, &c) != nil || c.Sort != s.String() {
		return nil, search.ErrCursor
	}
	p := &Position{Time: c.Time, Seq: c.Seq}
	var str string
	n, isNumber := search.NumberOf(c.Value)
	switch search.ValueType(c.Type) {
	case search.Missing:
	case search.Boolean:
		p.Value = search.BoolValue(string(c.Value) == "true")
	case search.String:
		if json.Unmarshal(c.Value, &str) != nil {
			return nil, search.ErrCursor
		}
		p.Value = search.StringValue(str)
	case search.Numeric, search.Instant:
		if !isNumber {
			return nil, search.ErrCursor
		}
		p.Value = search.NumberValue(n)
		if i, ok := n.Int64(); ok && search.ValueType(c.Type) == search.Instant {
			p.Value = search.TimeValue(i)
		}
	default:
		return nil, search.ErrCursor
	}
	return p, nil
}

// A Top keeps the first of the items that it is given. It is for one goroutine at a time.
type Top[T any] struct {
	sort  search.Sort
	limit int // negative: all
	list  []TopItem[T]
}

// A TopItem is an item with its place.
type TopItem[T any] struct {
	Position
	Item T
}

// NewTop returns a Top of at most limit items, of all when limit is negative.
func NewTop[T any](s search.Sort, limit int) *Top[T] { return &Top[T]{sort: s, limit: limit} }

// Full says whether a further item takes another's place, or finds none.
func (t *Top[T]) Full() bool { return t.limit >= 0 && len(t.list) >= t.limit }

// Wants says whether an item at p would be kept.
func (t *Top[T]) Wants(p *Position) bool {
	return !t.Full() || t.limit > 0 && Before(t.sort, p, &t.list[0].Position)
}

// Add keeps an item that Wants wants and returns the one that goes for it, if any.
func (t *Top[T]) Add(p Position, item T) (gone T) {
	if t.limit == 0 {
		return item
	}
	if t.Full() {
		gone = t.list[0].Item
		t.list[0] = TopItem[T]{p, item}
		t.down(0)
		return gone
	}
	t.list = append(t.list, TopItem[T]{p, item})
	if t.limit < 0 {
		return gone
	}
	for i := len(t.list) - 1; i > 0; {
		parent := (i - 1) / 2
		if !Before(t.sort, &t.list[parent].Position, &t.list[i].Position) {
			break
		}
		t.list[parent], t.list[i] = t.list[i], t.list[parent]
		i = parent
	}
	return gone
}

// down restores the heap, whose root is the last in order.
func (t *Top[T]) down(i int) {
	for {
		last := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.list); child++ {
			if Before(t.sort, &t.list[last].Position, &t.list[child].Position) {
				last = child
			}
		}
		if last == i {
			return
		}
		t.list[i], t.list[last] = t.list[last], t.list[i]
		i = last
	}
}

// Sorted returns the items in order. The Top is empty afterwards.
func (t *Top[T]) Sorted() []TopItem[T] {
	list := t.list
	t.list = nil
	slices.SortFunc(list, func(a, b TopItem[T]) int { return compare(t.sort, &a.Position, &b.Position) })
	return list
}
