package eval

import (
	"maps"
	"slices"

	"github.com/sluicelog/sluice/search"
)

// FieldCount is what is known of a field.
type FieldCount struct {
	Types   [search.String + 1]bool
	Records uint64
	last    uint64 // the record of which it was counted last
}

// FieldCounts are those of fields by name. The zero value has none; not safe for concurrent use.
type FieldCounts struct {
	fields map[string]*FieldCount
	seen   uint64 // records
}

// Of returns the count of a field, made where there is none.
func (c *FieldCounts) Of(name string) *FieldCount {
	f := c.fields[name]
	if f == nil {
		if c.fields == nil {
			c.fields = map[string]*FieldCount{}
		}
		f = &FieldCount{}
		c.fields[name] = f
	}
	return f
}

// Add counts the fields of a record.
func (c *FieldCounts) Add(r *Record) {
	c.seen++
	for i := range r.Leaves {
		l := &r.Leaves[i]
		f := c.fields[string(l.Path)]
		if f == nil {
			f = c.Of(string(l.Path))
		}
		f.Types[l.Type] = true
		if f.last != c.seen {
			f.last = c.seen
			f.Records++
		}
	}
}

// Merge adds other counts, of other records.
func (c *FieldCounts) Merge(o *FieldCounts) {
	for name, more := range o.fields {
		f := c.Of(name)
		f.Records += more.Records
		for typ, is := range more.Types {
			f.Types[typ] = f.Types[typ] || is
		}
	}
}

// Infos lists the fields that the request may see, by name.
func (c *FieldCounts) Infos(req *search.Request) []search.FieldInfo {
	var out []search.FieldInfo
	for _, name := range slices.Sorted(maps.Keys(c.fields)) {
		if req.Hidden(name) {
			continue
		}
		f := search.FieldInfo{Name: name, Kind: search.KindOf(name), Records: c.fields[name].Records, Exact: true}
		for typ, is := range c.fields[name].Types {
			if is {
				f.Types = append(f.Types, search.ValueType(typ).String())
			}
		}
		out = append(out, f)
	}
	return out
}
