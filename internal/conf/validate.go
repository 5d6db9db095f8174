package conf

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Validate checks the struct that v is or points to against its enum, min and max tags. The zero value of a field with an
// enum, min or max is allowed, as it means the default. It returns all errors joined, each an *Error.
func Validate(v any) error {
	var errs []error
	validate(reflect.ValueOf(v), "", tags{}, &errs)
	return errors.Join(errs...)
}

func validate(v reflect.Value, path string, tg tags, errs *[]error) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			validate(v.Elem(), path, tg, errs)
		}
	case reflect.Struct:
		for f, tg := range fields(v.Type()) {
			validate(v.FieldByIndex(f.Index), join(path, tg.name), tg, errs)
		}
	case reflect.Slice:
		for i := range v.Len() {
			validate(v.Index(i), fmt.Sprintf("%s[%d]", path, i), tg, errs)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			validate(v.MapIndex(k), join(path, k.String()), tg, errs)
		}
	case reflect.String:
		if len(tg.enum) > 0 && v.Len() > 0 && !slices.Contains(tg.enum, v.String()) {
			want := "one of " + strings.Join(tg.enum, ", ")
			if near := Nearest(v.String(), tg.enum); near != "" {
				want = near + "? (allowed are " + strings.Join(tg.enum, ", ") + ")"
			}
			*errs = append(*errs, &Error{Field: path, Value: v.String(), Want: want})
		}
	default:
		inRange(v, path, tg, errs)
	}
}

func inRange(v reflect.Value, path string, tg tags, errs *[]error) {
	if tg.min == "" && tg.max == "" || v.IsZero() {
		return
	}
	bound := func(s string) (reflect.Value, bool) {
		b := reflect.New(v.Type()).Elem()
		return b, s != "" && setScalar(b, s) == nil
	}
	less := func(a, b reflect.Value) bool {
		if a.CanFloat() {
			return !(a.Float() >= b.Float()) // NaN is out of every range
		}
		return a.Int() < b.Int()
	}
	lo, hasLo := bound(tg.min)
	hi, hasHi := bound(tg.max)
	if hasLo && less(v, lo) || hasHi && less(hi, v) {
		want := "at least " + tg.min
		switch {
		case hasLo && hasHi:
			want = "from " + tg.min + " to " + tg.max
		case hasHi:
			want = "at most " + tg.max
		}
		*errs = append(*errs, &Error{Field: path, Value: fmt.Sprint(v.Interface()), Want: want})
	}
}
