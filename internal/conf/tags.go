package conf

import (
	"iter"
	"reflect"
	"strings"
)

type tags struct {
	name, doc, min, max string
	enum                []string
}

// fields yields the configurable fields of a struct type in their order.
func fields(t reflect.Type) iter.Seq2[reflect.StructField, tags] {
	return func(yield func(reflect.StructField, tags) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			name := f.Tag.Get("yaml")
			if name == "" || name == "-" {
				continue
			}
			tg := tags{name: name, doc: f.Tag.Get("doc"), min: f.Tag.Get("min"), max: f.Tag.Get("max")}
			if e := f.Tag.Get("enum"); e != "" {
				tg.enum = strings.Split(e, ",")
			}
			if !yield(f, tg) {
				return
			}
		}
	}
}

// Nearest returns the name that s was probably meant to be, "" if none is near: at most about a third of it differs
// (Levenshtein distance).
func Nearest(s string, names []string) string {
	if len(s) < 3 {
		return ""
	}
	best, at := "", len(s)/3+1
	for _, n := range names {
		if d := distance(strings.ToLower(s), n); d <= at && (best == "" || d < at) {
			best, at = n, d
		}
	}
	return best
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diag, row[j] = row[j], min(row[j]+1, row[j-1]+1, diag+cost)
		}
	}
	return row[len(b)]
}
