package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/sluicelog/sluice/bench/audio"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

const storeError = search.PercentileError

// sluiceStore is this library's store.
type sluiceStore struct {
	dir    string
	o      *audio.Oracle
	writer *store.Store
	reader *store.Reader
	search search.Searcher
}

func openStore(_ context.Context, dir string, o *audio.Oracle) (Engine, error) {
	w, err := store.Open(dir, &store.Options{CompactAfter: -1, SegmentAge: -1})
	return &sluiceStore{dir: dir, o: o, writer: w}, err
}

func (s *sluiceStore) Add(line []byte) error { return s.writer.Append(line) }

func (s *sluiceStore) Seal(ctx context.Context) error {
	err := s.writer.Close(ctx)
	if err != nil {
		return err
	}
	if s.reader, err = store.OpenReader(s.dir); err != nil {
		return err
	}
	s.search = s.reader.Searcher(nil)
	return nil
}

func (s *sluiceStore) Close() error { return s.reader.Close() }

func (s *sluiceStore) Find(ctx context.Context, query string) (int, [][]byte, error) {
	req := &search.Request{Limit: audio.Newest, Count: true}
	text := ""
	switch query {
	case "q1":
		text = "request_id:" + s.o.Needle
	case "q2":
		text = `msg:"` + audio.Phrase + `"`
	case "q3":
		text = "level:" + audio.Level + " stage:" + audio.Stage
	case "q4":
		text = fmt.Sprintf("duration_ms>%g", audio.Slow)
	case "q5":
		text = "user_id:" + audio.UserPrefix + "*"
	case "q6":
		text = "level:" + audio.WindowLevel
		req.From = s.o.First.Add(audio.WindowAt)
		req.To = req.From.Add(audio.Window)
	default:
		return 0, nil, unknown(query)
	}
	var err error
	if req.Query, err = search.Parse(text); err != nil {
		return 0, nil, err
	}
	res, err := s.search.Search(ctx, req)
	if err != nil {
		return 0, nil, err
	}
	var newest [][]byte
	for _, h := range res.Hits {
		newest = append(newest, h.Line)
	}
	return int(res.Total), newest, nil
}

func (s *sluiceStore) Levels(ctx context.Context) (map[string]map[int64]int, bool, error) {
	res, err := s.search.Aggregate(ctx, &search.Request{}, search.Aggregations{
		"level": search.Terms{Field: "level", Aggs: search.Aggregations{"minute": search.DateHistogram{Interval: time.Minute}}},
	})
	if err != nil {
		return nil, false, err
	}
	out := map[string]map[int64]int{}
	for _, l := range res.Results["level"].Buckets.List {
		of := map[int64]int{}
		for _, m := range l.Results["minute"].Buckets.List {
			ns, _ := m.Key.Number().Int64()
			of[ns/60e9] = int(m.Count)
		}
		out[l.Key.String()] = of
	}
	return out, false, nil
}

func (s *sluiceStore) P99(ctx context.Context) (map[string]float64, error) {
	res, err := s.search.Aggregate(ctx, &search.Request{}, search.Aggregations{
		"stage": search.Terms{Field: "stage", Size: 100, Aggs: search.Aggregations{"ms": search.Percentiles{Field: "duration_ms", Percents: []float64{99}}}},
	})
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, b := range res.Results["stage"].Buckets.List {
		out[b.Key.String()] = b.Results["ms"].Percentiles[0].Value
	}
	return out, nil
}
