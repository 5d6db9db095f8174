package mask

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
)

// safely calls a caller's method, which may panic.
func safely(f func()) (ok bool) {
	defer func() { ok = recover() == nil }()
	f()
	return
}

// byMethods walks over what x's methods give. Done is false when the structure has to be walked too (looking), or
// instead (writing).
func (w *walker) byMethods(x any, has methods, p *plan, v verdict, depth int) (done, clean bool) {
	if w.look {
		if !w.methodTexts(x, has, v, depth) {
			return true, false
		}
		return has.structureHidden(), true
	}
	switch {
	case has&hasLogValue != 0:
		val := slog.AnyValue(x).Resolve()
		w.writeSlog(val, v, depth)
	case has&hasJSON != 0:
		var text []byte
		var err error
		if !safely(func() { text, err = x.(json.Marshaler).MarshalJSON() }) || err != nil {
			return true, w.mark(markUninspected, "UNINSPECTED")
		}
		start := len(w.buf)
		if _, valid := w.json(string(text), v, depth); !valid {
			w.buf = w.buf[:start]
			return true, w.textValue(string(text), v)
		}
	case has&hasText != 0:
		var text []byte
		var err error
		if !safely(func() { text, err = x.(encoding.TextMarshaler).MarshalText() }) || err != nil {
			return true, w.mark(markUninspected, "UNINSPECTED")
		}
		w.textValue(string(text), v)
	case has&hasError != 0:
		chain, ok := errorChain(x.(error))
		if !ok {
			return true, w.mark(markUninspected, "UNINSPECTED")
		}
		w.textValue(chain[0], v)
	case has&hasString != 0 && !p.container():
		text, ok := stringOf(x)
		if !ok {
			return true, w.mark(markUninspected, "UNINSPECTED")
		}
		if _, changed := w.text(text, v); !changed && p.number() {
			return false, true // as encoding/json has it
		}
		w.textValue(text, v)
	default:
		return false, true
	}
	return true, true
}

func (p *plan) number() bool { return formBool <= p.form && p.form <= formFloat }

// container says whether values of the type are better told by their structure than by their String method.
func (p *plan) container() bool {
	switch p.form {
	case formStruct:
		return len(p.members) > 0
	case formMap, formList, formString, formBytes, formInterface, formURL, formRequest:
		return true
	}
	return false
}

// methodTexts looks at all that encoders may print of x by its methods.
func (w *walker) methodTexts(x any, has methods, v verdict, depth int) (clean bool) {
	if has&hasLogValue != 0 {
		return false // a LogValuer inside of a value is not resolved by encoders, so what it hides would be printed
	}
	if has&hasError != 0 {
		chain, ok := errorChain(x.(error))
		if !ok {
			return false
		}
		for _, text := range chain {
			if !w.textValue(text, v) {
				return false
			}
		}
	}
	if has&hasJSON != 0 {
		var text []byte
		var err error
		if !safely(func() { text, err = x.(json.Marshaler).MarshalJSON() }) || err != nil {
			return false
		}
		if clean, valid := w.json(string(text), v, depth); !clean || !valid && !w.textValue(string(text), v) {
			return false
		}
	}
	if has&hasText != 0 {
		var text []byte
		var err error
		if !safely(func() { text, err = x.(encoding.TextMarshaler).MarshalText() }) || err != nil || !w.textValue(string(text), v) {
			return false
		}
	}
	if has&hasString != 0 {
		if text, ok := stringOf(x); !ok || !w.textValue(text, v) {
			return false
		}
	}
	if has&hasFormat != 0 {
		var text string
		if !safely(func() { text = fmt.Sprintf("%+v", x) }) || !w.textValue(text, v) {
			return false
		}
	}
	return true
}

func stringOf(x any) (text string, ok bool) {
	ok = safely(func() { text = x.(fmt.Stringer).String() })
	return text, ok
}

// maxChain bounds how many errors of a tree are looked at.
const maxChain = 64

// errorChain returns the texts of err and of all that it wraps, depth first. It fails when an Error method panics, or when
// there are too many.
func errorChain(err error) (texts []string, ok bool) {
	ok = safely(func() { texts = appendChain(nil, err, 0) })
	return texts, ok && len(texts) > 0 && len(texts) <= maxChain
}

func appendChain(texts []string, err error, depth int) []string {
	if err == nil || len(texts) > maxChain || depth > maxChain {
		return texts
	}
	if rv := reflect.ValueOf(err); nilPointer(rv) {
		return append(texts, "<nil>")
	}
	texts = append(texts, err.Error())
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		texts = appendChain(texts, u.Unwrap(), depth+1)
	case interface{ Unwrap() []error }:
		for _, e := range u.Unwrap() {
			texts = appendChain(texts, e, depth+1)
		}
	}
	return texts
}

func typeName(err error) string {
	if m, ok := err.(interface{ TypeName() string }); ok {
		return m.TypeName()
	}
	return fmt.Sprintf("%T", err)
}
