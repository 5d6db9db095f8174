package eval_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

func TestAPercentileIsWithinItsStatedErrorAlsoAfterMerging(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, draw := range map[string]func() float64{
		"log-normal":    func() float64 { return math.Exp(2 * r.NormFloat64()) },
		"of both signs": func() float64 { return 1000 * r.NormFloat64() },
		"whole":         func() float64 { return float64(r.IntN(50)) },
		"tiny and huge": func() float64 { return math.Pow(10, float64(r.IntN(40)-20)) },
	} {
		for _, n := range []int{1, 7, 33, 5000} {
			parts := make([]eval.Sketch, 3)
			var all []float64
			for i := range n {
				v := draw()
				all = append(all, v)
				if i%2 == 0 {
					parts[i%3].Add(v, 1)
				} else {
					parts[i%3].AddOne(v)
				}
			}
			parts[0].Merge(&parts[1])
			parts[2].Merge(&parts[0])
			slices.Sort(all)
			percents := []float64{0, 1, 10, 50, 90, 99, 99.9, 100}
			for _, p := range parts[2].Percentiles(percents) {
				rank := max(int(math.Ceil(p.Percent/100*float64(n)-1e-6)), 1)
				want := all[rank-1]
				if math.Abs(p.Value-want) > search.PercentileError*math.Abs(want) {
					t.Errorf("%s, %d numbers: p%v = %v, want %v within %v", name, n, p.Percent, p.Value, want, search.PercentileError)
				}
			}
		}
	}
}

func TestDifferentValuesAreCountedExactlyThenNearly(t *testing.T) {
	for _, n := range []int{0, 1, 16_384, 20_000, 60_000, 500_000} {
		var a, b eval.Distinct
		for i := range n {
			h := eval.Hash(search.NumberValue(search.Int(int64(i))))
			a.Add(h)
			if i%2 == 0 {
				b.Add(h) // counted before
			}
		}
		b.Merge(&a)
		got, share := float64(b.Count()), 0.0
		if n > 16_384 {
			share = 5 * 0.0081 // standard errors
		}
		if math.Abs(got-float64(n)) > share*float64(n) {
			t.Errorf("%d different values counted as %v", n, got)
		}
	}
}

func TestRFC3339ReadsWhatTimeReads(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		at := time.Unix(r.Int64N(8_000_000_000)-3_000_000_000, r.Int64N(1e9)).In(time.FixedZone("", (r.IntN(57)-28)*1800))
		text := at.Format(time.RFC3339Nano)
		if got, ok := eval.RFC3339([]byte(text)); !ok || got != at.UnixNano() {
			t.Fatalf("%s is read as %d, %v, want %d", text, got, ok, at.UnixNano())
		}
	}
	for _, text := range []string{"", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+0100", "2026-01-32T00:00:00Z"} {
		if ns, ok := eval.RFC3339([]byte(text)); ok {
			t.Errorf("%q is read as %d", text, ns)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\ud83d\ude00\u00e9"}],"c":null,"d":-1.5e3}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var r eval.Record
		r.Parse(line)
		for i := range r.Leaves {
			_, _ = r.Leaves[i].Value(search.Plain)
		}
		_ = eval.Edit(nil, line, &search.Request{Hide: []string{"a.b"}})
		_ = r.Weight()
	})
}

func FuzzDecodeCursor(f *testing.F) {
	p := &eval.Position{Value: search.StringValue("x"), Time: 5, Seq: [2]uint64{1, 2}}
	s := search.Sort{Order: search.Ascending, Field: "f"}
	f.Add(eval.EncodeCursor(s, p))
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := eval.DecodeCursor(s, text); err == nil {
			again, err := eval.DecodeCursor(s, eval.EncodeCursor(s, got))
			if err != nil || *again != *got {
				t.Fatalf("cursor %q is %+v, then %+v, %v", text, got, again, err)
			}
		}
	})
}
