package query_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store/internal/query"
)

// templated returns records whose messages are few templates with numbers, identifiers and words in them.
func templated(n int) [][]byte {
	r := rand.New(rand.NewPCG(5, 6))
	var out [][]byte
	for i := range n {
		var msg string
		switch r.IntN(7) {
		case 0:
			msg = fmt.Sprintf("dequeued job for aud_%016x after %.1f ms, queue depth %d", r.Uint64(), 40*r.Float64(), r.IntN(40))
		case 1:
			msg = fmt.Sprintf("processed %d%% of %d frames", 25*(1+r.IntN(4)), r.IntN(40))
		case 2:
			msg = fmt.Sprintf("offset %d of %g", r.IntN(80)-40, float64(r.IntN(40))/2)
		case 3:
			msg = fmt.Sprintf("part %03d in slot_%d depth %d %d", r.IntN(50), r.IntN(50), r.IntN(3), r.IntN(3))
		case 4:
			msg = fmt.Sprintf("depth %d", r.IntN(40))
		case 5:
			msg = fmt.Sprintf("retry %d,%d: depth %d.", r.IntN(40), r.IntN(40), r.IntN(40))
		default:
			msg = []string{"queue depth 39", "queue is long, depth", "no depth"}[r.IntN(3)]
		}
		out = append(out, fmt.Appendf(nil, `{"time":"2026-03-01T12:%02d:%02d.%03dZ","level":"INFO","msg":%q,"n":%d}`, i/60%60, i%60, i%1000, msg, i))
	}
	return out
}

func TestAPhraseAcrossTheVariablesOfATemplateFindsWhatTheTextSays(t *testing.T) {
	records := templated(5000)
	naive, s := lines.New(lines.Of(records), nil), query.New(of(view(t, records, 2000, 100)), nil)
	for _, phrase := range []string{
		"queue depth 39", "depth 3", "depth 39", "39 ms", "39.0 ms", "after 39.0", "3.5", "39", "of 12.5", "of 12", "of 12.0", "offset 7", "offset -7", "07", "007", "part 007",
		"part 7", "25 of", "25% of 3 frames", "depth 2 2", "2 2", "slot_7", "slot_7 depth 1", "depth 1 0", "7,8", "7,8: depth", "depth 39.", "ms queue", "12 frames", "frames 12", "job for",
	} {
		searchtest.CompareRequest(t, phrase, naive, s, &search.Request{Query: search.MustParse(fmt.Sprintf("msg:%q", phrase)), Count: true, Now: searchtest.Now})
	}
}

func TestRequestsAtOnceInLittleMemoryDoNotDisturbEachOther(t *testing.T) {
	records := templated(6000)
	naive, s := lines.New(lines.Of(records), nil), query.New(of(view(t, records, 1000, 0)), &query.Options{Cache: 1})
	var wg sync.WaitGroup
	for _, text := range []string{`msg:"queue depth 39"`, "n>3000", "msg:slot_*", "level:INFO n:4*", "*"} {
		req := &search.Request{Query: search.MustParse(text), Count: true, Now: searchtest.Now, Limit: 20}
		want, err := naive.Search(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			wg.Go(func() {
				for range 20 {
					got, err := s.Search(t.Context(), req)
					if err != nil || got.Total != want.Total || len(got.Hits) != len(want.Hits) || len(got.Damaged) > 0 {
						t.Errorf("%s: %+v, %v, want %d records", text, got, err, want.Total)
						return
					}
				}
			})
		}
	}
	wg.Wait()
}
