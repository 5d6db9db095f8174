package mask

import (
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/internal/maskederr"
)

// maxNodes bounds how many values are looked at inside of one attribute: a graph of pointers has more paths than nodes.
const maxNodes = 1 << 16

// visit is a pointer that the walk is inside of.
type visit struct {
	ptr uintptr
	len int
	p   *plan
}

// rendered is the masked form of a value: its JSON. Immutable, and printed the same by every encoder.
type rendered string

func (r rendered) MarshalJSON() ([]byte, error) { return []byte(r), nil }
func (r rendered) String() string               { return string(r) }

// any masks a value of KindAny.
func (w *walker) any(x any, v verdict, depth int) (out slog.Value, o outcome) {
	if x == nil || v.class == allowed {
		return slog.Value{}, same
	}
	rv := reflect.ValueOf(x)
	p := w.m.planOf(rv.Type())
	if has := p.valueMethods(); has&(hasError|hasLogValue) == hasError && v.class != secret && !nilPointer(rv) {
		return w.topError(x.(error), has, v, depth)
	}
	sub := w.begin()
	defer func() {
		// A value that its owner changes meanwhile can be inconsistent.
		if recover() != nil {
			w.count("UNINSPECTED")
			out, o = slog.StringValue(markUninspected), replaced
		}
		sub.end()
	}()
	if sub.value(rv, p, v, depth) {
		return slog.Value{}, same
	}
	if v.class == secret && v.action == Drop {
		w.count("KEY")
		return slog.Value{}, dropped
	}
	sub.look, sub.nodes, sub.path = false, 0, sub.path[:0]
	sub.value(rv, p, v, depth)
	return sub.result(), replaced
}

// result is what the walker wrote: a text as such, all else as JSON.
func (w *walker) result() slog.Value {
	if len(w.buf) > 0 && w.buf[0] == '"' {
		if s, ok := unquote(view(w.buf)); ok {
			return slog.StringValue(strings.Clone(s))
		}
	}
	return slog.AnyValue(rendered(w.buf))
}

var renderedType = reflect.TypeFor[rendered]()

func nilPointer(rv reflect.Value) bool {
	switch rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Func, reflect.Chan:
		return rv.IsNil()
	}
	return false
}

// value walks over rv. It returns false as soon as it finds something that has to change, when it looks, and true when it writes.
func (w *walker) value(rv reflect.Value, p *plan, v verdict, depth int) bool {
	if w.nodes++; w.nodes > maxNodes {
		return w.mark(markSize, "SIZE_LIMIT")
	}
	if w.look && (v.class == allowed || p.leaf && v.class != secret) {
		return true
	}
	if nilPointer(rv) && p.form != formOpaque {
		return w.literal("null")
	}
	if v.class == secret && p.form != formInterface && p.form != formPointer {
		return w.secretValue(rv, p, v, depth)
	}
	open := rv.CanInterface()
	if open {
		var done, clean bool
		switch {
		case p.byPtr != 0 && rv.CanAddr():
			done, clean = w.byMethods(rv.Addr().Interface(), p.byPtr, p, v, depth)
		case p.methods != 0:
			done, clean = w.byMethods(rv.Interface(), p.methods, p, v, depth)
		}
		if done {
			return clean
		}
	}
	form := p.form
	if !open && (form == formURL || form == formRequest) {
		form = formStruct
	}
	switch form {
	case formString:
		return w.textValue(rv.String(), v)
	case formInterface:
		e := rv.Elem()
		if !open && e.Kind() == reflect.Pointer {
			return true // printed as an address
		}
		return w.value(e, w.m.planOf(e.Type()), v, depth)
	case formPointer:
		if !open {
			return true
		}
		if !w.enter(rv.Pointer(), 0, p) {
			return w.mark(markCycle, "CYCLE")
		}
		clean := w.value(rv.Elem(), p.elem, v, depth)
		w.leave()
		return clean
	case formOpaque:
		if !open {
			return true
		}
		return w.mark(markUninspected, "UNINSPECTED")
	case formBytes:
		return w.bytes(rv.Bytes(), v, depth)
	case formURL:
		return w.url(rv, v)
	case formRequest:
		return w.request(rv, v, depth)
	case formStruct, formMap, formList:
		if depth >= w.m.maxDepth && (form == formStruct || rv.Len() > 0) {
			return w.mark(markDepth, "DEPTH_LIMIT")
		}
		switch form {
		case formStruct:
			return w.structure(rv, p, v, depth+1)
		case formMap:
			if !w.enter(rv.Pointer(), 0, p) {
				return w.mark(markCycle, "CYCLE")
			}
			clean := w.mapping(rv, p, v, depth+1)
			w.leave()
			return clean
		}
		return w.list(rv, p, v, depth+1)
	}
	return w.scalar(rv, p, v)
}

func (w *walker) enter(ptr uintptr, n int, p *plan) bool {
	x := visit{ptr, n, p}
	if slices.Contains(w.path, x) {
		return false
	}
	w.path = append(w.path, x)
	return true
}

func (w *walker) leave() { w.path = w.path[:len(w.path)-1] }

func (w *walker) structure(rv reflect.Value, p *plan, v verdict, depth int) bool {
	if w.look {
		for i := range p.fields {
			f := &p.fields[i]
			if !w.value(rv.Field(i), f.plan, v.under(f.verdict), depth) {
				return false
			}
		}
		return true
	}
	w.put('{')
	first := true
	for i := range p.members {
		f := &p.members[i]
		fv, err := rv.FieldByIndexErr(f.index)
		if err != nil || f.omit != nil && f.omit(fv) || !fv.CanInterface() {
			continue
		}
		own := v.under(f.verdict)
		if w.drops(own) {
			continue
		}
		w.member(f.name, &first)
		n := w.at(f.name)
		start := len(w.buf)
		if w.value(fv, f.plan, own, depth); f.quoted && own.class != secret && w.buf[start] != '"' {
			w.buf = append(slices.Insert(w.buf, start, '"'), '"')
		}
		w.back(n)
	}
	w.put('}')
	return true
}

// member writes what stands before a value in an object.
func (w *walker) member(name string, first *bool) {
	if !*first {
		w.buf = append(w.buf, ',')
	}
	*first = false
	w.buf = append(appendQuoted(w.buf, name), ':')
}

// drops says whether the member is to be left out, and counts it.
func (w *walker) drops(v verdict) bool {
	if v.class != secret || v.action != Drop {
		return false
	}
	w.count("KEY")
	return true
}

func (w *walker) list(rv reflect.Value, p *plan, v verdict, depth int) bool {
	n := rv.Len()
	if w.look && (n == 0 || p.elem.leaf) {
		return true
	}
	slice := rv.Kind() == reflect.Slice && n > 0
	if slice {
		if !w.enter(rv.Pointer(), n, p) {
			return w.mark(markCycle, "CYCLE")
		}
		defer w.leave()
	}
	w.put('[')
	for i := range n {
		if i > 0 {
			w.put(',')
		}
		if w.nodes > maxNodes {
			w.mark(markSize, "SIZE_LIMIT")
			if w.look {
				return false
			}
			break
		}
		if !w.value(rv.Index(i), p.elem, v, depth) {
			return false
		}
	}
	w.put(']')
	return true
}

// mapping walks over a map. What is common is walked without reflection, which allocates for each entry.
func (w *walker) mapping(rv reflect.Value, p *plan, v verdict, depth int) bool {
	if !w.look {
		return w.writeMap(rv, p, v, depth)
	}
	if rv.Len() == 0 {
		return true
	}
	if rv.CanInterface() && p.key.form == formString && p.key.methods == 0 && p.elem.methods == 0 {
		switch p.elem.typ {
		case stringType:
			if rv.Type() != stringMap {
				rv = rv.Convert(stringMap)
			}
			for k, s := range rv.Interface().(map[string]string) {
				own, clean := w.key(k, v)
				if !clean || own.class == secret && !hidden(s) || own.class != secret && !w.textValue(s, own) {
					return false
				}
			}
			return true
		case anyType:
			if rv.Type() != anyMap {
				rv = rv.Convert(anyMap)
			}
			for k, x := range rv.Interface().(map[string]any) {
				own, clean := w.key(k, v)
				if !clean || !w.anyLook(x, own, depth) {
					return false
				}
			}
			return true
		}
	}
	it := rv.MapRange()
	if !rv.CanInterface() {
		for it.Next() {
			if !w.entry(it.Key(), it.Value(), p, v, depth) {
				return false
			}
		}
		return true
	}
	k, e := reflect.New(p.key.typ).Elem(), reflect.New(p.elem.typ).Elem()
	for it.Next() {
		k.SetIterKey(it)
		e.SetIterValue(it)
		if !w.entry(k, e, p, v, depth) {
			return false
		}
	}
	return true
}

var (
	stringType, anyType = reflect.TypeFor[string](), reflect.TypeFor[any]()
	stringMap, anyMap   = reflect.TypeFor[map[string]string](), reflect.TypeFor[map[string]any]()
)

// anyLook looks at a value of an interface, sparing the plain ones reflection.
func (w *walker) anyLook(x any, v verdict, depth int) bool {
	if v.class < secret {
		switch x := x.(type) {
		case nil, bool:
			return true
		case string:
			w.nodes++
			return w.textValue(x, v)
		case int:
			return w.cleanNumber(magnitude(int64(x)), v)
		case int64:
			return w.cleanNumber(magnitude(x), v)
		case float64:
			return w.cleanNumber(wholeFloat(x), v)
		}
	}
	if x == nil {
		return true
	}
	rv := reflect.ValueOf(x)
	return w.value(rv, w.m.planOf(rv.Type()), v, depth)
}

func (w *walker) key(k string, v verdict) (own verdict, clean bool) {
	if v.class == allowed {
		return v, true
	}
	e := w.m.judge(k)
	return v.under(e.verdict), e.name == ""
}

func (w *walker) entry(k, e reflect.Value, p *plan, v verdict, depth int) bool {
	own := v
	if p.key.form == formString {
		var clean bool
		if own, clean = w.key(k.String(), v); !clean {
			return false
		}
	} else if !w.value(k, p.key, v, depth) {
		return false
	}
	return w.value(e, p.elem, own, depth)
}

// writeMap writes the entries in the order of their keys, as encoding/json does. Keys that are the same once masked
// are told apart by a number.
func (w *walker) writeMap(rv reflect.Value, p *plan, v verdict, depth int) bool {
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, min(rv.Len(), maxNodes))
	for it := rv.MapRange(); it.Next(); {
		entries = append(entries, entry{w.mapKey(it.Key(), p.key), it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	taken := make(map[string]int, len(entries))
	w.put('{')
	first := true
	for _, e := range entries {
		own := v
		name := e.key
		if v.class != allowed {
			j := w.m.judge(e.key)
			if own = v.under(j.verdict); j.name != "" {
				name = j.name
			}
		}
		if w.drops(own) {
			continue
		}
		if w.nodes > maxNodes {
			w.member(markSize, &first)
			w.mark(markSize, "SIZE_LIMIT")
			break
		}
		w.member(distinct(taken, name), &first)
		n := w.atEntry(name)
		w.value(e.value, p.elem, own, depth)
		w.back(n)
	}
	w.put('}')
	return true
}

// mapKey returns the text of a key, as encoding/json has it; it is masked as a key by the caller.
func (w *walker) mapKey(k reflect.Value, p *plan) string {
	for k.Kind() == reflect.Interface && !k.IsNil() {
		k = k.Elem()
		p = w.m.planOf(k.Type())
	}
	if p.form == formString {
		return k.String()
	}
	if text, ok := secretText(k, p); ok {
		return text
	}
	w.count("UNINSPECTED")
	return markUninspected
}

// topError masks an error that is an attribute by itself: encoders print its text, or what its methods give.
func (w *walker) topError(err error, has methods, v verdict, depth int) (slog.Value, outcome) {
	chain, ok := errorChain(err)
	clean := ok
	for i, text := range chain {
		out, changed := w.text(text, v)
		chain[i] = out
		clean = clean && !changed
	}
	if clean && has&^(hasError|hasString) != 0 {
		sub := w.begin()
		defer sub.end()
		clean = sub.methodTexts(err, has&^(hasError|hasString), v, depth)
	}
	if clean {
		return slog.Value{}, same
	}
	if !ok {
		w.count("UNINSPECTED")
		chain = []string{markUninspected}
	}
	return slog.AnyValue(maskederr.New(typeName(err), chain)), replaced
}
