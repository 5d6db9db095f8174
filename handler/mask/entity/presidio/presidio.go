// Package presidio finds entities by asking a Microsoft Presidio analyzer over HTTP (POST /analyze), for those who run one with a larger
// model than the built-in tagger. It is also the example of what a [mask.Detector] that can fail looks like.
//
//	d, err := presidio.New(&presidio.Options{URL: "http://localhost:5002"})
//	…
//	h := entity.NewHandler(next, &entity.Options{Detector: d})
//
// The entity package gives it a budget of time, and masks by the tagger what it does not answer.
package presidio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/handler/mask"
)

// Options says which analyzer is asked, and how.
type Options struct {
	// URL is the analyzer's base: http://localhost:5002. Required.
	URL string
	// Language of the texts. Empty means en.
	Language string
	// Entities are the types to find, in the analyzer's names. Nil means PERSON, LOCATION and ORGANIZATION.
	Entities []string
	// Threshold is the score from which an entity counts, 0 to 1. Zero means 0.5.
	Threshold float64
	// Client makes the requests. Nil means one of its own that keeps up to 8 connections. The time is bounded by the context of a call.
	Client *http.Client
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 20

// Detector asks the analyzer. Safe for concurrent use.
type Detector struct {
	analyze   string
	language  string
	entities  []string
	threshold float64
	client    *http.Client
}

var _ mask.Detector = (*Detector)(nil)

// New returns a detector; an error when the options cannot be used. It does not ask the analyzer yet.
func New(opts *Options) (*Detector, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("presidio: URL %q: want http://host:port", redacted(u))
	}
	if o.Threshold < 0 || o.Threshold > 1 {
		return nil, fmt.Errorf("presidio: Threshold is %v, want 0 to 1", o.Threshold)
	}
	d := &Detector{
		analyze: u.JoinPath("analyze").String(), language: cmp.Or(o.Language, "en"), entities: slices.Clone(o.Entities),
		threshold: cmp.Or(o.Threshold, 0.5), client: o.Client,
	}
	if len(d.entities) == 0 {
		d.entities = []string{"PERSON", "LOCATION", "ORGANIZATION"}
	}
	if d.client == nil {
		d.client = &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: 8, MaxIdleConnsPerHost: 8}}
	}
	return d, nil
}

func redacted(u *url.URL) string {
	if u == nil {
		return "?"
	}
	return u.Redacted()
}

// request and result are what the analyzer's API has.
type request struct {
	Text      string   `json:"text"`
	Language  string   `json:"language"`
	Entities  []string `json:"entities"`
	Threshold float64  `json:"score_threshold"`
}

type result struct {
	Type  string  `json:"entity_type"`
	Start int     `json:"start"`
	End   int     `json:"end"`
	Score float64 `json:"score"`
}

// Detect is Find for callers that want no error: a failure becomes an entity at -1, which is not in the text, so that a
// mask takes nothing for clean.
func (d *Detector) Detect(ctx context.Context, text string, dst []mask.Entity) []mask.Entity {
	found, err := d.Find(ctx, text, dst)
	if err != nil {
		return append(dst, mask.Entity{Start: -1})
	}
	return found
}

// Find asks the analyzer. Its errors do not hold the text.
func (d *Detector) Find(ctx context.Context, text string, dst []mask.Entity) ([]mask.Entity, error) {
	text = strings.ToValidUTF8(text, "?") // as many characters as Python sees: JSON has no invalid bytes
	body, err := json.Marshal(request{text, d.language, d.entities, d.threshold})
	if err != nil {
		return dst, fmt.Errorf("presidio: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.analyze, bytes.NewReader(body))
	if err != nil {
		return dst, fmt.Errorf("presidio: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req)
	if err != nil {
		return dst, fmt.Errorf("presidio: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
		return dst, fmt.Errorf("presidio: the analyzer answered %s", resp.Status)
	}
	var results []result
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&results); err != nil {
		return dst, fmt.Errorf("presidio: the analyzer's answer is not a list of entities: %T", err)
	}
	return appendEntities(dst, text, results)
}

// appendEntities turns the analyzer's offsets, which count characters, into bytes.
func appendEntities(dst []mask.Entity, text string, results []result) ([]mask.Entity, error) {
	if len(results) == 0 {
		return dst, nil
	}
	at := make([]int, 0, len(text)+1)
	for i := range text {
		at = append(at, i)
	}
	at = append(at, len(text))
	for _, r := range results {
		if r.Start < 0 || r.Start >= r.End || r.End >= len(at) {
			return dst, fmt.Errorf("presidio: the analyzer found %s at %d to %d in a text of %d characters", r.Type, r.Start, r.End, len(at)-1)
		}
		dst = append(dst, mask.Entity{Start: at[r.Start], End: at[r.End], Type: r.Type, Score: r.Score})
	}
	return dst, nil
}
