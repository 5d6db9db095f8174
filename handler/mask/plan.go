package mask

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// plan is what is known of a type: how its values are walked. Made once for each type and masker.
type plan struct {
	typ     reflect.Type
	form    form
	methods methods // of the type; a pointer's are those of what it points to
	byPtr   methods // of the pointer to the type, a superset
	elem    *plan   // of pointer, slice, array, map
	key     *plan   // of map
	leaf    bool    // nothing can be in it that changes, except under a secret key
	fields  []field // of struct, in order
	members []field // of struct as JSON has it: exported, embedded structs flattened
}

type form uint8

const (
	formOpaque form = iota // func, chan, unsafe pointer
	formBool
	formInt
	formUint
	formFloat
	formComplex
	formString
	formBytes
	formList
	formMap
	formStruct
	formPointer
	formInterface
	formURL
	formRequest
)

// field is a field of a struct.
type field struct {
	index   []int
	name    string // in JSON
	plan    *plan
	verdict verdict
	omit    func(reflect.Value) bool // nil: never
	quoted  bool
}

type methods uint8

const (
	hasLogValue methods = 1 << iota
	hasError
	hasJSON
	hasText
	hasString
	hasFormat
)

var methodTypes = [...]reflect.Type{
	reflect.TypeFor[slog.LogValuer](), reflect.TypeFor[error](), reflect.TypeFor[json.Marshaler](),
	reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[fmt.Formatter](),
}

func methodsOf(t reflect.Type) (set methods) {
	if t.NumMethod() == 0 {
		return 0
	}
	for i, mt := range methodTypes {
		if t.Implements(mt) {
			set |= 1 << i
		}
	}
	return set
}

// valueMethods returns the methods that a value of the type has.
func (p *plan) valueMethods() methods {
	if p.form == formPointer {
		return p.elem.byPtr
	}
	return p.methods
}

// structureHidden says whether no encoder prints the structure of such a value, but only what its methods give.
func (s methods) structureHidden() bool {
	return s&hasText != 0 || s&hasJSON != 0 && s&(hasString|hasError|hasFormat) != 0
}

// leafTypes hold nothing to mask whatever their methods print.
var leafTypes = map[reflect.Type]bool{
	reflect.TypeFor[time.Time](): true, reflect.TypeFor[time.Duration](): true, reflect.TypeFor[time.Month](): true,
	reflect.TypeFor[time.Weekday](): true, reflect.TypeFor[slog.Level](): true, reflect.TypeFor[*time.Location](): true,
}

// planOf returns the plan of t, making it the first time.
func (m *Masker) planOf(t reflect.Type) *plan {
	if p, ok := m.plans.Load(t); ok {
		return p.(*plan)
	}
	m.planning.Lock()
	defer m.planning.Unlock()
	b := planner{m: m, made: make(map[reflect.Type]*plan)}
	p := b.plan(t)
	// Published only when all are complete: a plan refers to others, in cycles.
	for t, p := range b.made {
		m.plans.LoadOrStore(t, p)
	}
	return p
}

type planner struct {
	m    *Masker
	made map[reflect.Type]*plan
}

func (b *planner) plan(t reflect.Type) *plan {
	if p, ok := b.m.plans.Load(t); ok {
		return p.(*plan)
	}
	if p, ok := b.made[t]; ok {
		return p
	}
	p := &plan{typ: t, leaf: leafTypes[t]}
	b.made[t] = p
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		p.methods, p.byPtr = methodsOf(t), methodsOf(reflect.PointerTo(t))
	}
	switch t.Kind() {
	case reflect.Bool:
		p.form = formBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.form = formInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.form = formUint
	case reflect.Float32, reflect.Float64:
		p.form = formFloat
	case reflect.Complex64, reflect.Complex128:
		p.form = formComplex
	case reflect.String:
		p.form = formString
	case reflect.Slice, reflect.Array:
		p.form, p.elem = formList, b.plan(t.Elem())
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && p.elem.methods == 0 {
			p.form = formBytes
		}
	case reflect.Map:
		p.form, p.elem, p.key = formMap, b.plan(t.Elem()), b.plan(t.Key())
	case reflect.Pointer:
		p.form, p.elem = formPointer, b.plan(t.Elem())
	case reflect.Interface:
		p.form = formInterface
	case reflect.Struct:
		p.form = formStruct
		b.structure(p)
	}
	switch {
	case t == reflect.TypeFor[url.URL]():
		p.form, p.methods, p.byPtr = formURL, 0, 0
	case t.PkgPath() == "net/http" && t.Name() == "Request":
		p.form = formRequest
	}
	if p.methods == 0 && p.byPtr == 0 {
		switch p.form {
		case formBool, formComplex:
			p.leaf = true
		case formInt, formUint:
			p.leaf = t.Bits() < 32
		}
	}
	return p
}

func (b *planner) structure(p *plan) {
	t := p.typ
	for i := range t.NumField() {
		f := t.Field(i)
		p.fields = append(p.fields, field{index: f.Index, plan: b.plan(f.Type), verdict: b.m.fieldVerdict(f)})
	}
	taken := make(map[string]bool)
	for _, f := range reflect.VisibleFields(t) {
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		embedded := f.Anonymous && name == "" && base(f.Type).Kind() == reflect.Struct
		if name == "-" && opts == "" || !f.IsExported() || embedded || !b.reachable(t, f.Index) {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if taken[name] {
			continue
		}
		taken[name] = true
		m := field{index: f.Index, name: name, plan: b.plan(f.Type), verdict: b.m.fieldVerdict(f)}
		for opt := range strings.SplitSeq(opts, ",") {
			switch opt {
			case "omitempty":
				m.omit = emptyJSON
			case "omitzero":
				m.omit = zeroJSON
			case "string":
				m.quoted = m.plan.form == formInt || m.plan.form == formUint || m.plan.form == formFloat || m.plan.form == formBool
			}
		}
		p.members = append(p.members, m)
	}
}

// reachable says whether the field is promoted through fields that JSON flattens, and none that is named or left out.
func (b *planner) reachable(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		f := base(t).Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" || !f.IsExported() && f.Type.Kind() == reflect.Pointer {
			return false
		}
		t = f.Type
	}
	return true
}

func base(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// fieldVerdict judges a field by its tag, else by the stricter of its names in Go and in JSON.
func (m *Masker) fieldVerdict(f reflect.StructField) verdict {
	if tag, ok := f.Tag.Lookup("mask"); ok {
		if tag == "-" {
			return verdict{class: allowed}
		}
		// A tag that is none of the actions is a slip: better masked than passed.
		a, _ := ParseAction(tag)
		if a == Allow {
			return verdict{class: allowed}
		}
		return verdict{class: secret, action: a}
	}
	v := m.judge(f.Name).verdict
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" && v.class != secret {
		if n := m.judge(name).verdict; n.class != plain {
			v = n
		}
	}
	if f.Anonymous && v.class != secret {
		return verdict{}
	}
	return v
}

func emptyJSON(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func zeroJSON(v reflect.Value) bool {
	if v.CanInterface() && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
			zero := false
			safely(func() { zero = z.IsZero() })
			return zero
		}
	}
	return v.IsZero()
}
