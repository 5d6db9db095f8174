package segment

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// keyedStream is a stream in which a request decides its user, and this the user's plan: most fields are written by others.
func keyedStream(n int) (out []string) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		req := r.IntN(n / 20)
		user := req * 7 % 61
		out = append(out, fmt.Sprintf(`{"time":"2026-03-01T12:00:%02d.%06dZ","level":"%s","msg":"took %d.%d ms of %d","request":"%016x","user":"u_%03d","plan":"%s","size":%d,"ratio":%.2f,"trace":"%016x"}`,
			i/1000%60, i%1000*1000+r.IntN(1000), []string{"INFO", "WARN", "DEBUG"}[r.IntN(3)], r.IntN(90), r.IntN(10), 1+r.IntN(5),
			req*0x9e3779b97f4a7c1, user, []string{"free", "pro"}[user%2], r.IntN(1e6), r.Float64()*100, req*0x9e3779b97f4a7c1))
	}
	return out
}

// What Form and Values say is read from the description, before anything is decoded: it must be what the decoded values are.
func TestADescriptionTellsOfValuesWhatTheyAre(t *testing.T) {
	for name, lines := range map[string][]string{"log": logStream(4000), "keyed": keyedStream(6000)} {
		_, s := encode(t, lines, Fast)
		type told struct {
			form     Form
			isFormed bool
			list     []byte
			all      bool
		}
		said := make([]told, len(s.fields))
		for i, c := range s.fields {
			if c.key.kind != kindCodes && c.n > 0 {
				said[i].form, said[i].isFormed = c.Form()
				said[i].list, said[i].all = c.Values(1 << 16)
			}
		}
		if len(s.alive()) > 0 {
			t.Errorf("%s: %d fields were decoded", name, len(s.alive()))
		}
		formed, listed := 0, 0
		for i, c := range s.fields {
			if c.key.kind == kindCodes || c.n == 0 {
				continue
			}
			form, isFormed, list, all := said[i].form, said[i].isFormed, said[i].list, said[i].all
			seen := map[string]bool{}
			var b []byte
			for e := range c.n {
				var err error
				if b, err = c.AppendValue(b[:0], e); err != nil {
					t.Fatal(err)
				}
				seen[string(b)] = true
				if isFormed && !matches(form, string(b)) {
					t.Fatalf("%s: field %d (%s): %q is not of the form %+v", name, c.id, c.key.path, b, form)
				}
			}
			if isFormed {
				formed++
			}
			if !all {
				continue
			}
			listed++
			names := map[string]bool{}
			for v := range bytes.Lines(list) {
				if v = v[:len(v)-1]; !seen[string(v)] {
					t.Errorf("%s: field %d (%s): there is no %q", name, c.id, c.key.path, v)
				}
				names[string(v)] = true
			}
			if len(names) < len(seen) {
				t.Errorf("%s: field %d (%s): %d values are listed of %d", name, c.id, c.key.path, len(names), len(seen))
			}
		}
		if formed < 3 || listed < 3 {
			t.Errorf("%s: %d columns with a form, %d with values: the test says little", name, formed, listed)
		}
	}
}

func matches(f Form, v string) bool {
	if f.Decimal {
		whole, frac, _ := strings.Cut(strings.TrimPrefix(v, "-"), ".")
		return strings.Trim(whole+frac, "0123456789") == "" && (f.Fraction < 0 || f.Fraction == len(frac))
	}
	if !strings.HasPrefix(v, f.Prefix) || !strings.HasSuffix(v, f.Suffix) {
		return false
	}
	v = strings.TrimSuffix(strings.TrimPrefix(v, f.Prefix), f.Suffix)
	return len(v) == f.Digits && strings.Trim(strings.ToLower(v), "0123456789abcdef") == ""
}

// A column that is forgotten is decoded anew, whichever way it was decoded before, and what is kept of it is counted.
func TestAColumnIsForgottenAndDecodedAgain(t *testing.T) {
	_, s := encode(t, keyedStream(3000), Fast)
	read := func() (out []string) {
		for row := range s.Len() {
			line, err := s.AppendLine(nil, row)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(line))
		}
		return out
	}
	first := read()
	if _, large := s.Decoded(); large == 0 {
		t.Error("nothing is counted of what is decoded")
	}
	s.Slim()
	if small, large := s.Decoded(); small != 0 || large != 0 {
		t.Errorf("%d and %d bytes are left", small, large)
	}
	for i, line := range read() {
		if line != first[i] {
			t.Fatalf("record %d is %s, was %s", i, line, first[i])
		}
	}
}
