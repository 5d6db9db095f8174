package query_test

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store/internal/query"
	"github.com/sluicelog/sluice/store/internal/segment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// view puts records into segments of size each, the last ones into the tail.
func view(t testing.TB, records [][]byte, size, tail int) query.View {
	t.Helper()
	var v query.View
	var b segment.Batch
	for i, r := range records[:len(records)-tail] {
		b.Append(uint64(i+100), r)
		if b.Len() == size || i == len(records)-tail-1 {
			text, err := segment.Encode(&b, segment.Fast)
			if err != nil {
				t.Fatal(err)
			}
			v.Segments = append(v.Segments, query.Segment{Segment: open(t, text), Name: fmt.Sprint(len(v.Segments))})
			b.Reset()
		}
	}
	for i, r := range records[len(records)-tail:] {
		v.Tail = append(v.Tail, query.Line{Seq: uint64(len(records) - tail + i + 100), Text: r})
	}
	return v
}

func open(t testing.TB, text []byte) *segment.Segment {
	t.Helper()
	s, err := segment.New(readerAt(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type readerAt []byte

func (r readerAt) ReadAt(b []byte, off int64) (int, error) { return copy(b, r[off:]), nil }

func of(v query.View) query.Source {
	return func(context.Context) (query.View, error) { return v, nil }
}

func TestTheStoreGivesTheSameAsTheLanguageSays(t *testing.T) {
	records := searchtest.Records(10_000)
	searchtest.Compare(t, lines.New(lines.Of(records), nil), query.New(of(view(t, records, 3_000, 700)), nil))
}

func contextDone(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}
