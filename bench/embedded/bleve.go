package embedded

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/sluicelog/sluice/bench/audio"
)

// bleveIndex is an index of bleve with the fields of the queries; lines are stored beside them.
type bleveIndex struct {
	o     *audio.Oracle
	index bleve.Index
	batch *bleve.Batch
	n     int
}

// bleveBatch is how many records a batch has.
const bleveBatch = 1_000

func openBleve(_ context.Context, dir string, o *audio.Oracle) (Engine, error) {
	word := bleve.NewKeywordFieldMapping()
	word.Analyzer, word.Store, word.IncludeInAll = keyword.Name, false, false
	number := bleve.NewNumericFieldMapping()
	number.Store, number.IncludeInAll = false, false
	at := bleve.NewDateTimeFieldMapping()
	at.Store, at.IncludeInAll = false, false
	message := bleve.NewTextFieldMapping()
	message.Store, message.IncludeInAll, message.IncludeTermVectors, message.DocValues = false, false, true, false
	line := bleve.NewTextFieldMapping()
	line.Index, line.Store, line.IncludeInAll, line.IncludeTermVectors, line.DocValues = false, true, false, false, false
	m := bleve.NewIndexMapping()
	m.DefaultMapping.Dynamic = false
	for _, name := range []string{"level", "stage", "request_id", "user_id"} {
		m.DefaultMapping.AddFieldMappingsAt(name, word)
	}
	m.DefaultMapping.AddFieldMappingsAt("duration_ms", number)
	m.DefaultMapping.AddFieldMappingsAt("time", at)
	m.DefaultMapping.AddFieldMappingsAt("msg", message)
	m.DefaultMapping.AddFieldMappingsAt("line", line)
	index, err := bleve.New(filepath.Join(dir, "index"), m)
	if err != nil {
		return nil, err
	}
	return &bleveIndex{o: o, index: index, batch: index.NewBatch()}, nil
}

func (b *bleveIndex) Add(line []byte) error {
	r, err := parse(line)
	if err != nil {
		return err
	}
	doc := map[string]any{"time": r.Time, "level": r.Level, "msg": r.Msg, "line": string(line)}
	for name, v := range map[string]string{"stage": r.Stage, "request_id": r.RequestID, "user_id": r.UserID} {
		if v != "" {
			doc[name] = v
		}
	}
	if r.DurationMS != nil {
		doc["duration_ms"] = *r.DurationMS
	}
	b.n++
	if err := b.batch.Index(fmt.Sprintf("%012d", b.n), doc); err != nil {
		return err
	}
	if b.n%bleveBatch == 0 {
		return b.flush()
	}
	return nil
}

func (b *bleveIndex) flush() error {
	err := b.index.Batch(b.batch)
	b.batch.Reset()
	return err
}

func (b *bleveIndex) Seal(context.Context) error { return b.flush() }

func (b *bleveIndex) Close() error { return b.index.Close() }

func (b *bleveIndex) Find(ctx context.Context, name string) (int, [][]byte, error) {
	var q query.Query
	term := func(field, value string) query.Query {
		t := bleve.NewTermQuery(value)
		t.SetField(field)
		return t
	}
	switch name {
	case "q1":
		q = term("request_id", b.o.Needle)
	case "q2":
		p := bleve.NewMatchPhraseQuery(audio.Phrase)
		p.SetField("msg")
		q = p
	case "q3":
		q = bleve.NewConjunctionQuery(term("level", audio.Level), term("stage", audio.Stage))
	case "q4":
		least, not := audio.Slow, false
		r := bleve.NewNumericRangeInclusiveQuery(&least, nil, &not, nil)
		r.SetField("duration_ms")
		q = r
	case "q5":
		p := bleve.NewPrefixQuery(audio.UserPrefix)
		p.SetField("user_id")
		q = p
	case "q6":
		at := b.o.First.Add(audio.WindowAt)
		r := bleve.NewDateRangeQuery(at, at.Add(audio.Window))
		r.SetField("time")
		q = bleve.NewConjunctionQuery(r, term("level", audio.WindowLevel))
	default:
		return 0, nil, unknown(name)
	}
	req := bleve.NewSearchRequestOptions(q, audio.Newest, 0, false)
	req.Fields = []string{"line"}
	req.SortBy([]string{"-time", "-_id"})
	res, err := b.index.SearchInContext(ctx, req)
	if err != nil {
		return 0, nil, err
	}
	var newest [][]byte
	for _, h := range res.Hits {
		line, _ := h.Fields["line"].(string)
		newest = append(newest, []byte(line))
	}
	return int(res.Total), newest, nil
}

// Levels counts by level only: bleve's facets do not nest.
func (b *bleveIndex) Levels(ctx context.Context) (map[string]map[int64]int, bool, error) {
	req := bleve.NewSearchRequestOptions(bleve.NewMatchAllQuery(), 0, 0, false)
	req.AddFacet("level", bleve.NewFacetRequest("level", 20))
	res, err := b.index.SearchInContext(ctx, req)
	if err != nil {
		return nil, true, err
	}
	out := map[string]map[int64]int{}
	for _, t := range res.Facets["level"].Terms.Terms() {
		out[t.Term] = map[int64]int{0: t.Count}
	}
	return out, true, nil
}

// P99 cannot be asked for: bleve has no percentiles.
func (b *bleveIndex) P99(context.Context) (map[string]float64, error) { return nil, ErrUnsupported }
