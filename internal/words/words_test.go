package words_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/internal/words"
)

func TestWordsAreCutAsOpenSearchCutsThem(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"Disk FULL", []string{"disk", "full"}},
		{"host:port a=b", []string{"host:port", "a", "b"}},
		{"10.4.2.7:50051", []string{"10.4.2.7", "50051"}},
		{"1,234;5", []string{"1,234;5"}},
		{"don't 'quote'", []string{"don't", "quote"}},
		{"_x__ __ a_b", []string{"_x__", "a_b"}},
		{"/var/spool/out/part-12", []string{"var", "spool", "out", "part", "12"}},
		{"*fs.PathError", []string{"fs.patherror"}},
		{"x1.5 1.x a.1", []string{"x1.5", "1", "x", "a", "1"}},
		{"Größe naïve ÉTÉ", []string{"größe", "naïve", "été"}},
		{"東京 タワー ひら", []string{"東", "京", "タワー", "ひ", "ら"}},
		{strings.Repeat("a", 600), []string{strings.Repeat("a", 255), strings.Repeat("a", 255), strings.Repeat("a", 90)}},
		{"🎉 ok", []string{"🎉", "ok"}},
		{"!!! --- ...", nil},
	} {
		if diff := cmp.Diff(tc.want, words.Split(tc.text)); diff != "" {
			t.Errorf("Split(%.40q) (-want +got):\n%s", tc.text, diff)
		}
	}
}

// analyze asks a real node for its words.
func analyze(t *testing.T, node *opensearchtest.Server, text string) []string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"analyzer": "standard", "text": text})
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ Tokens []struct{ Token string } }
	node.Must(t, "POST", "/_analyze", string(body), &reply)
	var out []string
	for _, tok := range reply.Tokens {
		out = append(out, tok.Token)
	}
	return out
}

func TestRandomTextIsCutAsARealNodeCutsIt(t *testing.T) {
	node := opensearchtest.Node(t)
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		"a", "B", "word", "1", "23", "_", "__", ".", ",", ";", ":", "'", "\"", "-", "/", " ", " ", "=", "@", "#", "$", "%", "(", "]", "\t", "\n", "é", "Ü", "ß", "Ж", "λ",
		"中", "文", "カ", "ナ", "ひ", "한", "글", "ไ", "ท", "ย", "א", "ع", "٣", "\u0301", "\u200d", "’", "‘", "·", "‿", "🎉", "👍🏽", "…", "—", "İ", "ſ", "x:y", "1.2.3", "a.b",
	}
	wrong := 0
	for range 400 {
		var b strings.Builder
		for range 1 + r.IntN(14) {
			if r.IntN(2) == 0 {
				b.WriteString(pieces[r.IntN(32)]) // mostly plain
			} else {
				b.WriteString(pieces[r.IntN(len(pieces))])
			}
		}
		want, got := analyze(t, node, b.String()), words.Split(b.String())
		if !cmp.Equal(want, got) {
			if wrong++; wrong < 12 {
				t.Errorf("%q: a node says %q, Split %q", b.String(), want, got)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of 400 differ", wrong)
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte("a_b 1.2 中文\xff🎉"))
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		for start, end := words.Next(text, 0); start >= 0; start, end = words.Next(text, end) {
			if start < last || end <= start || end > len(text) {
				t.Fatalf("word %d to %d behind %d in %q", start, end, last, text)
			}
			last = end
			word := text[start:end]
			folded := string(words.AppendFolded(nil, word))
			if !words.Equal(word, folded) && utf8.Valid(word) {
				t.Fatalf("%q is not equal to its own folding", word)
			}
			if bytes.ContainsAny(word, " \n") {
				t.Fatalf("%q", word)
			}
		}
	})
}
