package mask

import (
	"encoding"
	"encoding/base64"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// textValue walks over a text.
func (w *walker) textValue(s string, v verdict) bool {
	out, changed := w.text(s, v)
	if w.look {
		return !changed
	}
	w.buf = appendQuoted(w.buf, out)
	return true
}

// mark stands for a value that is not shown.
func (w *walker) mark(mark, rule string) bool {
	if w.look {
		return false
	}
	w.count(rule)
	w.buf = appendQuoted(w.buf, mark)
	return true
}

func (w *walker) literal(s string) bool {
	if !w.look {
		w.buf = append(w.buf, s...)
	}
	return true
}

func (w *walker) put(c byte) {
	if !w.look {
		w.buf = append(w.buf, c)
	}
}

// scalar walks over a number or a truth value.
func (w *walker) scalar(rv reflect.Value, p *plan, v verdict) bool {
	clean := true
	switch p.form {
	case formInt:
		clean = p.leaf || w.cleanNumber(magnitude(rv.Int()), v)
	case formUint:
		clean = w.cleanNumber(rv.Uint(), v)
	case formFloat:
		clean = w.cleanNumber(wholeFloat(rv.Float()), v)
	}
	switch {
	case w.look:
		return clean
	case !clean:
		w.buf = appendQuoted(w.buf, w.number(v, scalarText(rv, p)))
	case p.form == formComplex, p.form == formFloat && (math.IsNaN(rv.Float()) || math.IsInf(rv.Float(), 0)):
		w.buf = appendQuoted(w.buf, scalarText(rv, p))
	default:
		w.buf = append(w.buf, scalarText(rv, p)...)
	}
	return true
}

func scalarText(rv reflect.Value, p *plan) string {
	switch p.form {
	case formBool:
		return strconv.FormatBool(rv.Bool())
	case formInt:
		return strconv.FormatInt(rv.Int(), 10)
	case formUint:
		return strconv.FormatUint(rv.Uint(), 10)
	case formFloat:
		f, format := rv.Float(), byte('f')
		if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
			format = 'e'
		}
		return strconv.FormatFloat(f, format, -1, p.typ.Bits())
	default:
		return strconv.FormatComplex(rv.Complex(), 'g', -1, p.typ.Bits())
	}
}

// bytes walks over bytes, which encoders print as text or as base64.
func (w *walker) bytes(b []byte, v verdict, depth int) bool {
	if _, changed := w.text(view(b), v); w.look {
		return !changed
	} else if changed || utf8.Valid(b) && looksJSON(view(b)) {
		text := string(b)
		start := len(w.buf)
		if _, valid := w.json(text, v, depth); valid {
			return true
		}
		w.buf = w.buf[:start]
		return w.textValue(text, v)
	}
	w.buf = append(base64.StdEncoding.AppendEncode(append(w.buf, '"'), b), '"')
	return true
}

// hidden says whether a text under a secret key is left alone: there is none, or it is masked already.
func hidden(s string) bool { return s == "" || masked(s) }

// secretValue walks over a value under a secret key. What is empty stays, lists are masked one by one where the action
// tells values apart, and whatever has no text is redacted as a whole.
func (w *walker) secretValue(rv reflect.Value, p *plan, v verdict, depth int) bool {
	if p.typ == renderedType {
		clean, _ := w.json(rv.String(), v, depth)
		return clean || !w.look
	}
	switch p.form {
	case formString:
		if hidden(rv.String()) {
			return w.textAsIs(rv.String())
		}
	case formBytes:
		if hidden(view(rv.Bytes())) {
			return w.textAsIs(string(rv.Bytes()))
		}
	case formMap:
		if rv.Len() == 0 {
			return w.literal("{}")
		}
	case formList:
		if rv.Len() == 0 {
			return w.literal("[]")
		}
		if v.action != Redact && depth < w.m.maxDepth {
			return w.list(rv, p, v, depth+1)
		}
	case formStruct:
		if rv.IsZero() {
			return w.literal("{}")
		}
	case formOpaque:
		if !rv.CanInterface() {
			return true
		}
	}
	if w.look {
		return false
	}
	w.count("KEY")
	out := markRedacted
	if text, ok := secretText(rv, p); ok && v.action != Redact {
		out = w.m.replacement(v.action, "", text)
	}
	w.buf = appendQuoted(w.buf, out)
	return true
}

func (w *walker) textAsIs(s string) bool {
	if !w.look {
		w.buf = appendQuoted(w.buf, s)
	}
	return true
}

// secretText returns the text of a value, for actions that need it.
func secretText(rv reflect.Value, p *plan) (text string, ok bool) {
	switch p.form {
	case formString:
		return rv.String(), true
	case formBytes:
		return string(rv.Bytes()), true
	case formBool, formInt, formUint, formFloat, formComplex:
		return scalarText(rv, p), true
	}
	if !rv.CanInterface() {
		return "", false
	}
	x := rv.Interface()
	if rv.CanAddr() {
		x = rv.Addr().Interface()
	}
	switch x := x.(type) {
	case slog.LogValuer:
		val := slog.AnyValue(x).Resolve()
		if k := val.Kind(); k == slog.KindGroup || k == slog.KindAny {
			return "", false
		}
		return val.String(), true
	case encoding.TextMarshaler:
		ok = safely(func() {
			b, err := x.MarshalText()
			if err != nil {
				panic(err)
			}
			text = string(b)
		})
	case error:
		ok = safely(func() { text = x.Error() })
	case fmt.Stringer:
		text, ok = stringOf(x)
	}
	return text, ok
}

// writeSlog writes a value that a LogValuer gave.
func (w *walker) writeSlog(val slog.Value, v verdict, depth int) {
	switch val.Kind() {
	case slog.KindGroup:
		if depth >= w.m.maxDepth {
			w.mark(markDepth, "DEPTH_LIMIT")
			return
		}
		if w.nodes++; w.nodes > maxNodes {
			w.mark(markSize, "SIZE_LIMIT")
			return
		}
		w.put('{')
		first := true
		w.writeAttrs(val.Group(), v, depth+1, &first)
		w.put('}')
	case slog.KindAny:
		if val.Any() == nil {
			w.literal("null")
			return
		}
		rv := reflect.ValueOf(val.Any())
		w.value(rv, w.m.planOf(rv.Type()), v, depth)
	case slog.KindTime, slog.KindDuration:
		if v.class == secret {
			out, _ := w.secretScalar(&val, v)
			w.textAsIs(out.String())
			return
		}
		w.value(reflect.ValueOf(val.Any()), w.m.planOf(reflect.TypeOf(val.Any())), v, depth)
	default:
		rv := reflect.ValueOf(val.Any())
		w.value(rv, w.m.planOf(rv.Type()), v, depth)
	}
}

func (w *walker) writeAttrs(attrs []slog.Attr, in verdict, depth int, first *bool) {
	for _, a := range attrs {
		val := a.Value.Resolve()
		if a.Key == "" {
			if val.Kind() == slog.KindGroup { // inlined
				w.writeAttrs(val.Group(), in, depth, first)
			}
			continue
		}
		e := w.m.judge(a.Key)
		v, name := in.under(e.verdict), a.Key
		if e.name != "" {
			name = e.name
		}
		if w.drops(v) {
			continue
		}
		w.member(name, first)
		n := w.at(name)
		w.writeSlog(val, v, depth)
		w.back(n)
	}
}
