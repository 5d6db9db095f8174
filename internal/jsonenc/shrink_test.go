package jsonenc

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestARecordIsCutWhereItIsWidest(t *testing.T) {
	const limit = 4 << 10
	attrs := []slog.Attr{
		slog.String("dump", strings.Repeat("é", 10_000)),
		slog.String("id", "0198c0de-7a3b-7c11-9d7e-3f2a1b4c5d6e"),
		slog.Any("list", make([]int, 5_000)),
		slog.Group("g", slog.String("dump", strings.Repeat("\n", 5_000)), slog.Int("n", 7)),
		slog.Float64("duration_ms", 12.5),
	}
	root := chain.Root{Scope: chain.NewBlock([]slog.Attr{slog.String("request_id", "r-1")})}
	line, notes := encode(Config{MaxRecord: limit}, root, nil, attrs...)
	checkLine(t, []byte(line))
	if len(line) > limit || len(line) < limit*8/10 {
		t.Errorf("%d bytes, want nearly %d", len(line), limit)
	}
	var got struct {
		Level, Msg, ID, Dump string
		RequestID            string  `json:"request_id"`
		Duration             float64 `json:"duration_ms"`
		Cut                  string  `json:"record_cut"`
		G                    struct {
			Dump string
			N    int
		}
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	if got.Level != "INFO" || got.Msg != "m" || got.RequestID != "r-1" || got.ID == "" || strings.Contains(got.ID, "…") || got.Duration != 12.5 || got.G.N != 7 {
		t.Errorf("small values are not whole: %+v", got)
	}
	full, _ := encode(Config{}, root, nil, attrs...)
	if want := fmt.Sprintf("…[%d bytes]", len(full)); got.Cut != want {
		t.Errorf("record_cut is %s, want %s", got.Cut, want)
	}
	if !strings.HasSuffix(got.Dump, "é…[20000 bytes]") {
		t.Errorf("dump ends in %q", got.Dump[len(got.Dump)-30:])
	}
	if notes.Records != 1 || notes.Left != 0 {
		t.Errorf("%+v", notes)
	}
}

func TestAValueThatIsCutTwiceSaysHowLongItWas(t *testing.T) {
	line, _ := encode(Config{MaxValue: 2000, MaxRecord: MinRecord}, chain.Root{}, nil, slog.String("a", strings.Repeat("x", 50_000)))
	if !strings.Contains(line, `x…[50000 bytes]"`) {
		t.Errorf("got %s", line)
	}
}

func TestTooManyAttributesAreLeftOutFromTheEnd(t *testing.T) {
	var attrs []slog.Attr
	for i := range 30_000 {
		attrs = append(attrs, slog.Int(fmt.Sprintf("key%d", i), i))
	}
	line, notes := encode(Config{MaxRecord: MinRecord}, chain.Root{}, nil, attrs...)
	checkLine(t, []byte(line))
	if !strings.Contains(line, `"key9":9,`) || !strings.Contains(line, " left out]\":") || !strings.Contains(line, " attributes]") {
		t.Errorf("got %s", line)
	}
	if notes.Left == 0 || len(line) > MinRecord {
		t.Errorf("%d bytes, %+v", len(line), notes)
	}
}

// randomJSON returns a value without white space.
func randomJSON(rng *rand.Rand, depth int) any {
	switch n := rng.IntN(8); {
	case n < 2 && depth < 3:
		m := map[string]any{}
		for range rng.IntN(12) {
			m[strings.Repeat("k", 1+rng.IntN(20))+fmt.Sprint(rng.IntN(100))] = randomJSON(rng, depth+1)
		}
		return m
	case n < 4 && depth < 3:
		l := make([]any, rng.IntN(30))
		for i := range l {
			l[i] = randomJSON(rng, depth+1)
		}
		return l
	case n < 6:
		return strings.Repeat([]string{"a", "é", "\n", "\x01", "😀", "\\"}[rng.IntN(6)], rng.IntN(300))
	case n < 7:
		return rng.Int64()
	}
	return nil
}

func TestShrinkKeepsToItsLimit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for range 2_000 {
		var sb strings.Builder
		enc := json.NewEncoder(&sb)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(randomJSON(rng, 0)); err != nil {
			t.Fatal(err)
		}
		src := strings.TrimSpace(sb.String())
		limit := minShare + rng.IntN(1500)
		got := shrink(nil, []byte(src), limit)
		if !json.Valid(got) || len(got) > limit || len(src) <= limit && string(got) != src {
			t.Fatalf("limit %d: %d bytes of %d: %s", limit, len(got), len(src), got)
		}
	}
}

func FuzzEmbed(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"a":2,"a":3}]}`, ` [ "\ud800", "\\\"" , -1.5e9 ] `, "\"\xff\"", `{"":{"":{"":[[[]]]}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if !json.Valid(src) {
			return
		}
		for _, c := range []Config{{}, {MaxDepth: 3, MaxValue: MinValue}} {
			line, _ := encodeAttrs(c, slog.Any("k", json.RawMessage(src)))
			checkLine(t, []byte(line))
		}
	})
}
