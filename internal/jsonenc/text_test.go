package jsonenc

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPlainIsExactForEveryByteAtEveryPlace(t *testing.T) {
	for n := 0; n <= 34; n++ {
		text := []byte(strings.Repeat("x", n))
		if !plain(string(text)) {
			t.Fatalf("%d times x is not plain", n)
		}
		for i := range n {
			for c := range 256 {
				text[i] = byte(c)
				want := c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf
				if got := plain(string(text)); got != want {
					t.Fatalf("byte %#x at %d of %d: plain is %v, want %v", c, i, n, got, want)
				}
			}
			text[i] = 'x'
		}
	}
}

func TestPlainIsExactForNeighbours(t *testing.T) {
	// A borrow could only be made by a byte that is special itself.
	text := []byte("xxxxxxxx")
	for a := range 256 {
		for c := range 256 {
			text[3], text[4] = byte(a), byte(c)
			want := strings.IndexFunc(string(text), func(r rune) bool {
				return r < ' ' || r == '"' || r == '\\' || r >= utf8.RuneSelf
			}) < 0
			if got := plain(string(text)); got != want {
				t.Fatalf("%q: plain is %v, want %v", text, got, want)
			}
		}
	}
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\\x00\x1f\x7f\n\r\t", "\xff\xfe", "a\xc3", "é\u2028\u2029\uFFFD😀", "<&>", strings.Repeat("ü", 20)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 8000 {
			return
		}
		text := appendString(nil, s)
		var got string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(string([]rune(s)), got); diff != "" {
			t.Error(diff)
		}
		line, _ := encodeAttrs(Config{}, slog.String("k", s))
		if want := `{"k":` + string(text) + `}`; line != want {
			t.Errorf("a value is %s, want %s", line, want)
		}
	})
}

func TestLongValuesAreCutOnARuneBoundary(t *testing.T) {
	for _, s := range []string{strings.Repeat("a", 200), strings.Repeat("ü", 100), strings.Repeat("😀", 50), strings.Repeat("\xff", 200)} {
		for limit := MinValue; limit < MinValue+8; limit++ {
			got := cutString(s, limit)
			if len(got) > limit || len(got) < limit-utf8.UTFMax || !strings.HasSuffix(got, "…[200 bytes]") {
				t.Errorf("limit %d: %d bytes %q", limit, len(got), got)
			}
			if utf8.ValidString(s) && !utf8.ValidString(got) {
				t.Errorf("limit %d: %q", limit, got)
			}
		}
	}
}
