package compress

import (
	"context"
	"log/slog"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/template"
)

// window holds the records between two hand-overs. Its parts are used again.
type window struct {
	records int
	since   time.Time // of the first record
	entries []entry   // in the order in which they came
	groups  []group
	index   map[groupKey]int
}

// entry is a record that is held.
type entry struct {
	ctx    context.Context
	next   chain.Handler
	with   *with
	record slog.Record
	root   chain.Root
	group  int
	// gone is set once the group is too large for its records to pass unchanged; the first of a group stays.
	gone bool
}

// groupKey says which records are alike.
type groupKey struct {
	template, keys uint64
	level          slog.Level
}

// group is what is known of records that are alike.
type group struct {
	key         groupKey
	template    *template.Template // in its latest form
	entries     []int              // at most Threshold + 1
	count       int
	weight      float64 // records before sampling
	first, last time.Time
	numbers     numbers
	scope       *chain.Block // of all records
	mixed       bool         // the records have different scopes
	into        int          // the group that this one became part of, its own number for none
}

func newWindow() *window { return &window{index: map[groupKey]int{}} }

// reset makes w empty.
func (w *window) reset() {
	clear(w.entries)
	clear(w.index)
	w.entries = w.entries[:0]
	for i := range w.groups {
		g := &w.groups[i]
		clear(g.numbers)
		*g = group{entries: g.entries[:0], numbers: g.numbers[:0]}
	}
	w.groups = w.groups[:0]
	w.records = 0
}

// add puts a record into its group.
func (w *window) add(e entry, t *template.Template, keys uint64, rate float64, threshold int) {
	key := groupKey{t.ID(), keys, e.record.Level}
	i, known := w.index[key]
	if !known {
		i = len(w.groups)
		w.index[key] = i
		if i < cap(w.groups) {
			w.groups = w.groups[:i+1] // with the slices of an earlier group
		} else {
			w.groups = append(w.groups, group{})
		}
		g := &w.groups[i]
		g.key, g.into, g.scope = key, i, e.root.Scope
	}
	g := &w.groups[i]
	g.template = t
	g.count++
	if rate > 0 {
		g.weight += 1 / rate
	} else {
		g.weight++
	}
	at := e.record.Time
	if at.IsZero() {
		at = time.Now()
	}
	if !known || at.Before(g.first) {
		g.first = at
	}
	if !known || at.After(g.last) {
		g.last = at
	}
	g.mixed = g.mixed || g.scope != e.root.Scope
	c := cursor{list: g.numbers, first: !known}
	c.with(e.with)
	e.record.Attrs(func(a slog.Attr) bool {
		c.attr(&a)
		return true
	})
	g.numbers = c.list

	w.records++
	if g.count > threshold && len(g.entries) > 0 {
		w.thin(g)
		return
	}
	e.group = i
	g.entries = append(g.entries, len(w.entries))
	w.entries = append(w.entries, e)
}

// with walks the attributes of loggers, the first call first.
func (c *cursor) with(w *with) {
	if w != nil {
		c.with(w.prev)
		c.attrs(w.attrs)
	}
}

// thin lets go of all records of a group but the first.
func (w *window) thin(g *group) {
	if len(g.entries) <= 1 {
		return
	}
	for _, i := range g.entries[1:] {
		w.entries[i] = entry{gone: true}
	}
	g.entries = g.entries[:1]
}

// settle joins the groups whose templates became one while the window was open.
func (w *window) settle(resolve func(uint64) uint64, threshold int) {
	for i := range w.groups {
		g := &w.groups[i]
		key := g.key
		if key.template = resolve(key.template); key == g.key {
			continue
		}
		j, ok := w.index[key]
		if !ok || j == i {
			continue
		}
		w.join(min(i, j), max(i, j), key.template)
		if i < j {
			w.index[key] = i
			g.key = key
		}
	}
	for i := range w.groups {
		if g := &w.groups[i]; g.into == i && g.count > threshold {
			w.thin(g)
		}
	}
}

// join makes group b part of the earlier group a.
func (w *window) join(a, b int, resolved uint64) {
	g, o := &w.groups[a], &w.groups[b]
	if o.into != b || g.into != a || len(g.numbers) != len(o.numbers) {
		return
	}
	o.into = a
	if o.template.ID() == resolved {
		g.template = o.template // the form that both have become
	}
	for _, i := range o.entries {
		w.entries[i].group = a
	}
	g.entries = append(g.entries, o.entries...)
	g.count += o.count
	g.weight += o.weight
	if o.first.Before(g.first) {
		g.first = o.first
	}
	if o.last.After(g.last) {
		g.last = o.last
	}
	g.mixed = g.mixed || o.mixed || g.scope != o.scope
	for i := range g.numbers {
		g.numbers[i].join(&o.numbers[i])
	}
}
