package jsonenc

import (
	"math"
	"strings"
	"time"
)

// A Layout makes an Encoder write documents of a search engine instead of lines: what a line has at its root lies in
// several objects there. It is immutable once an Encoder has it.
type Layout struct {
	// Main is the object that takes the attributes, "" for the document itself.
	Main string
	// Observed is the name, at the root, of the time at which a record was seen whose own time is none that the engine takes.
	// The record's time is that time then.
	Observed string
	// LevelText and LevelNumber make an object of the level: its name and its number in OpenTelemetry's log data model
	// (SeverityNumber). LevelText "" writes the name alone.
	LevelText, LevelNumber string
	// Resource is the path of objects that takes the members of section Resource.
	Resource []string
	// Constant is JSON text of members of the root that every document has, each with a comma before it.
	Constant string
	// Reserved are keys, in Main, that attributes do not get, beside the fixed fields of a line.
	Reserved []string
	// Routes say which attributes go elsewhere, or under another name. At most 64 go to Root and Resource.
	Routes []Route

	routes   [64]*Route // by slot, chained
	groups   []routedGroup
	sides    []*Route // those that have an index
	resource [2]string
}

// A Section is a part of a document.
type Section int8

// The sections. Members of Root and Resource are scalars; an attribute that is none stays in Main.
const (
	Main Section = iota
	Root
	Resource
)

// A Route says where an attribute goes.
type Route struct {
	Key     string // path on a JSON line: one name, or two for a member of a group
	Section Section
	Path    []string // in the section; of Main the first is its key
	Hex     bool     // text is a number in hexadecimal digits

	head, tail string
	index      int
	next       *Route
}

// A routedGroup is a key whose members have routes.
type routedGroup struct {
	key     string
	members []*Route
}

// What a date with nanoseconds can be in OpenSearch (date_nanos): from 1970 to the last of an int64.
var lastTime = time.Unix(0, math.MaxInt64)

// NewLayout makes l ready: it is copied.
func NewLayout(l Layout) *Layout {
	routes := make([]Route, len(l.Routes))
	copy(routes, l.Routes)
	l.Routes = routes
	for i := range routes {
		r := &routes[i]
		if r.Section != Main {
			r.index = len(l.sides)
			l.sides = append(l.sides, r)
			r.head, r.tail = wrap(r.Path)
		}
		slot := routeSlot(r.Key)
		r.next = l.routes[slot]
		l.routes[slot] = r
		if group, _, ok := strings.Cut(r.Key, "."); ok {
			g := l.group(group)
			if g == nil {
				l.groups = append(l.groups, routedGroup{key: group})
				g = &l.groups[len(l.groups)-1]
			}
			g.members = append(g.members, r)
		}
	}
	if len(l.Resource) > 0 {
		head, tail := wrap(l.Resource)
		l.resource = [2]string{head + "{", tail + "}"}
	}
	return &l
}

// wrap returns what stands before and behind the value at the path: a comma first.
func wrap(path []string) (head, tail string) {
	text := []byte{','}
	for i, name := range path {
		if i > 0 {
			text = append(text, '{')
			tail += "}"
		}
		text = append(appendString(text, name), ':')
	}
	return string(text), tail
}

func routeSlot(key string) int {
	if key == "" {
		return 0
	}
	return (len(key)*7 + int(key[0])*3 + int(key[len(key)-1])) & 63
}

func (l *Layout) find(key string) *Route {
	r := l.routes[routeSlot(key)]
	for r != nil && r.Key != key {
		r = r.next
	}
	return r
}

func (l *Layout) group(key string) *routedGroup {
	for i := range l.groups {
		if l.groups[i].key == key {
			return &l.groups[i]
		}
	}
	return nil
}

// member returns the route of a member of the group.
func (g *routedGroup) member(name string) *Route {
	for _, r := range g.members {
		if r.Key[len(g.key)+1:] == name {
			return r
		}
	}
	return nil
}
