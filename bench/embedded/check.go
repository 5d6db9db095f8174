package embedded

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"

	"github.com/sluicelog/sluice/bench/audio"
)

// Ask asks an engine one of the eight queries. An answer that is not the oracle's is an error. Note says what of the answer could not be
// compared.
func Ask(ctx context.Context, p *Peer, e Engine, o *audio.Oracle, query string) (note string, err error) {
	switch query {
	case "q7":
		return askLevels(ctx, e, o)
	case "q8":
		return "", askP99(ctx, p, e, o)
	}
	hits, newest, err := e.Find(ctx, query)
	if err != nil {
		return "", err
	}
	want := o.Answers[query]
	if hits != want.Hits {
		return "", fmt.Errorf("%s: %d hits, want %d", query, hits, want.Hits)
	}
	switch {
	case hits == 0:
		return "", nil
	case newest == nil:
		return "counts only", nil
	}
	h := sha256.New()
	for _, line := range newest {
		_, _ = h.Write(append(line, '\n'))
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want.Newest {
		return "", fmt.Errorf("%s: the newest hits are not those of the stream", query)
	}
	return "", nil
}

func askLevels(ctx context.Context, e Engine, o *audio.Oracle) (note string, err error) {
	got, whole, err := e.Levels(ctx)
	if err != nil {
		return "", err
	}
	if len(got) != len(o.Levels) {
		return "", fmt.Errorf("q7: %d levels, want %d", len(got), len(o.Levels))
	}
	for level, want := range o.Levels {
		sum := 0
		for minute, n := range want {
			sum += n
			if !whole && got[level][minute] != n {
				return "", fmt.Errorf("q7: %s in minute %d: %d records, want %d", level, minute, got[level][minute], n)
			}
		}
		if whole && got[level][0] != sum {
			return "", fmt.Errorf("q7: %s: %d records, want %d", level, got[level][0], sum)
		}
	}
	if whole {
		return "by level only", nil
	}
	return "", nil
}

func askP99(ctx context.Context, p *Peer, e Engine, o *audio.Oracle) error {
	got, err := e.P99(ctx)
	if err != nil {
		return err
	}
	var wrong []error
	for stage, want := range o.P99 {
		if w := want["p99"]; math.Abs(got[stage]-w) > p.Within*w {
			wrong = append(wrong, fmt.Errorf("q8: p99 of %s is %g, want %g within %g of it", stage, got[stage], w, p.Within))
		}
	}
	return errors.Join(wrong...)
}
