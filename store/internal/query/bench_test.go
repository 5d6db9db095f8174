//go:build unix

package query_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store/internal/query"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// benchLines names a file of lines of the audio pipeline, on which the eight queries are measured; without it, records of searchtest
// are too few to tell.
const benchLines = "SLUICE_LINES"

var benchView = sync.OnceValue(func() query.View {
	text, err := os.ReadFile(os.Getenv(benchLines))
	if err != nil {
		panic(err)
	}
	var v query.View
	var b segment.Batch
	seq := uint64(0)
	seal := func() {
		if b.Len() == 0 {
			return
		}
		enc, err := segment.Encode(&b, segment.Fast)
		if err != nil {
			panic(err)
		}
		s, err := segment.New(readerAt(enc), int64(len(enc)))
		if err != nil {
			panic(err)
		}
		v.Segments = append(v.Segments, query.Segment{Segment: s})
		b.Reset()
	}
	for line := range bytes.Lines(text) {
		seq++
		b.Append(seq, bytes.TrimSuffix(line, []byte("\n")))
		if b.Len() == 131_072 {
			seal()
		}
	}
	seal()
	return v
})

// eight are the queries by which stores are compared: the needle is a request of the middle of the stream.
func eight(v query.View) map[string]func(s search.Searcher) (uint64, error) {
	find := func(q string, from, to time.Time) func(search.Searcher) (uint64, error) {
		return func(s search.Searcher) (uint64, error) {
			r, err := s.Search(context.Background(), &search.Request{Query: search.MustParse(q), From: from, To: to, Limit: 100, Count: true})
			if err != nil {
				return 0, err
			}
			return r.Total, nil
		}
	}
	aggregate := func(a search.Aggregations) func(search.Searcher) (uint64, error) {
		return func(s search.Searcher) (uint64, error) {
			r, err := s.Aggregate(context.Background(), &search.Request{}, a)
			if err != nil {
				return 0, err
			}
			return r.Total, nil
		}
	}
	mid := v.Segments[len(v.Segments)/2]
	line, err := mid.AppendLine(nil, mid.Len()/2)
	for row := mid.Len() / 2; err == nil && !bytes.Contains(line, []byte(`"request_id":"`)); row++ {
		line, err = mid.AppendLine(line[:0], row)
	}
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(line), `"request_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	least, _ := mid.TimeRange()
	at := time.Unix(0, least)
	none := time.Time{}
	return map[string]func(search.Searcher) (uint64, error){
		"q1 needle":         find("request_id:"+id, none, none),
		"q2 phrase":         find(`msg:"queue depth 39"`, none, none),
		"q3 and":            find("level:ERROR stage:store", none, none),
		"q4 range":          find("duration_ms>5000", none, none),
		"q5 prefix":         find("user_id:u_528*", none, none),
		"q6 minutes":        find("level:WARN", at, at.Add(5*time.Minute)),
		"q7 level x minute": aggregate(search.Aggregations{"l": search.Terms{Field: "level", Aggs: search.Aggregations{"m": search.DateHistogram{Interval: time.Minute}}}}),
		"q8 p99 by stage":   aggregate(search.Aggregations{"s": search.Terms{Field: "stage", Size: 20, Aggs: search.Aggregations{"p": search.Percentiles{Field: "duration_ms"}}}}),
	}
}

func BenchmarkEightQueries(b *testing.B) {
	if os.Getenv(benchLines) == "" {
		b.Skip("needs a file of lines in " + benchLines)
	}
	v := benchView()
	s := query.New(of(v), nil)
	for name, run := range eight(v) {
		b.Run(name, func(b *testing.B) {
			var n uint64
			if _, err := run(s); err != nil { // warm
				b.Fatal(err)
			}
			began := cpuTime()
			for b.Loop() {
				var err error
				if n, err = run(s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n), "records")
			b.ReportMetric(float64((cpuTime()-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpuTime is what the process has used, on a machine that others use too the one figure that means something.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
