package search

import (
	"fmt"
	"math"
	"time"
)

// Aggregations are what is computed over the matching records, by name.
type Aggregations map[string]Aggregation

// An Aggregation is one of [Terms], [DateHistogram], [Histogram], [Percentiles], [Stats], [Cardinality] and [TopHits]. Records without
// the field are not in it. Of a text field only whole values can be aggregated, and only where the Searcher holds them.
type Aggregation interface {
	validate(name string) error
	inner() Aggregations
}

// Terms makes a bucket of each value of a field.
type Terms struct {
	Field string
	Size  int  // buckets at most, the largest ones; 0 means 10
	ByKey bool // ordered by key, not by size
	Aggs  Aggregations
}

// DateHistogram makes a bucket of each interval of a field of times.
type DateHistogram struct {
	Field    string        // empty means time
	Interval time.Duration // at least a millisecond, in whole milliseconds; buckets begin at multiples of it since 1970 UTC
	Aggs     Aggregations
}

// Histogram makes a bucket of each interval of a field of numbers. Buckets begin at multiples of Interval.
type Histogram struct {
	Field    string
	Interval float64
	Aggs     Aggregations
}

// Percentiles estimates percentiles of a field's numbers: the value that that share of the numbers does not exceed, by nearest
// rank, within [PercentileError] of it. Results of parts can be merged without adding to the error.
type Percentiles struct {
	Field    string
	Percents []float64 // from 0 to 100; none means 50, 95 and 99
}

// PercentileError is by what share of its value a percentile can be off.
const PercentileError = 1.0 / 512

// Stats computes count, sum, mean, least and greatest of a field's numbers.
type Stats struct{ Field string }

// Cardinality counts the different values of a field: exactly up to 16,384, beyond that with a standard error of 0.8 % (HyperLogLog, 2^14
// registers).
type Cardinality struct{ Field string }

// TopHits shows the newest records of a bucket.
type TopHits struct {
	Size int // 0 means 3, at most 100
}

// Buckets of a Terms aggregation unless it says otherwise, and hits of a TopHits.
const (
	DefaultTerms   = 10
	DefaultTopHits = 3
	MaxTopHits     = 100
)

// Aggregated is the answer to Aggregations.
type Aggregated struct {
	Total    uint64                        `json:"total"`    // records that match
	Weighted float64                       `json:"weighted"` // what they stand for, when the request weighs; else Total
	Results  map[string]*AggregationResult `json:"results"`
	Partial  bool                          `json:"partial,omitempty"` // the request's Timeout ended the computation
	Damaged  []string                      `json:"damaged,omitempty"` // what could not be read and is missing from the result, one sentence each
	Took     time.Duration                 `json:"took_ns"`
}

// An AggregationResult is the result of one aggregation: the part that belongs to its type is set.
type AggregationResult struct {
	Buckets     *Buckets     `json:"buckets,omitempty"`     // Terms, DateHistogram, Histogram
	Percentiles []Percentile `json:"percentiles,omitempty"` // in the order of Percents; none when there are no numbers
	Stats       *Summary     `json:"stats,omitempty"`
	Cardinality *uint64      `json:"cardinality,omitempty"`
	Hits        []Hit        `json:"hits,omitempty"`
}

// Buckets are the groups of an aggregation. Histograms go by key and have the empty buckets between the first and the last.
type Buckets struct {
	List  []Bucket `json:"list"`
	Other uint64   `json:"other"` // records in further buckets of a Terms; a record with several values counts in each
}

// A Bucket is a group of records.
type Bucket struct {
	Key      Value                         `json:"key"`
	Count    uint64                        `json:"count"`    // records
	Weighted float64                       `json:"weighted"` // what they stand for, when the request weighs; else Count
	Results  map[string]*AggregationResult `json:"results,omitempty"`
}

// A Percentile is one of a [Percentiles].
type Percentile struct {
	Percent float64 `json:"percent"`
	Value   float64 `json:"value"`
}

// A Summary is the result of [Stats]. When the request weighs, Count, Sum and Mean do. Mean, Min and Max are 0 without numbers.
type Summary struct {
	Count float64 `json:"count"`
	Sum   float64 `json:"sum"`
	Mean  float64 `json:"mean"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
}

// Validate says what is wrong with the aggregations.
func (a Aggregations) Validate() error { return a.validate("", 0) }

func (a Aggregations) validate(prefix string, depth int) error {
	if depth > 8 {
		return fmt.Errorf("search: aggregation %s is nested deeper than 8", prefix)
	}
	for name, agg := range a {
		if agg == nil {
			return fmt.Errorf("search: aggregation %q is nil", prefix+name)
		}
		if err := agg.validate(prefix + name); err != nil {
			return err
		}
		if err := agg.inner().validate(prefix+name+".", depth+1); err != nil {
			return err
		}
	}
	return nil
}

func needField(name, field string) error {
	if field == "" {
		return fmt.Errorf("search: aggregation %q has no field", name)
	}
	return nil
}

func (a Terms) validate(name string) error {
	if a.Size < 0 || a.Size > DefaultBuckets {
		return fmt.Errorf("search: aggregation %q: size %d: want 1 to %d, or 0 for %d", name, a.Size, DefaultBuckets, DefaultTerms)
	}
	return needField(name, a.Field)
}

func (a DateHistogram) validate(name string) error {
	if a.Interval < time.Millisecond || a.Interval%time.Millisecond != 0 {
		return fmt.Errorf("search: aggregation %q: interval %s: want whole milliseconds, at least one", name, a.Interval)
	}
	return nil
}

func (a Histogram) validate(name string) error {
	if !(a.Interval > 0) || math.IsInf(a.Interval, 0) {
		return fmt.Errorf("search: aggregation %q: interval %v: want a number above 0", name, a.Interval)
	}
	return needField(name, a.Field)
}

func (a Percentiles) validate(name string) error {
	for _, p := range a.Percents {
		if !(p >= 0 && p <= 100) {
			return fmt.Errorf("search: aggregation %q: percentile %v: want 0 to 100", name, p)
		}
	}
	return needField(name, a.Field)
}

func (a Stats) validate(name string) error { return needField(name, a.Field) }

func (a Cardinality) validate(name string) error { return needField(name, a.Field) }

func (a TopHits) validate(name string) error {
	if a.Size < 0 || a.Size > MaxTopHits {
		return fmt.Errorf("search: aggregation %q: size %d: want 1 to %d, or 0 for %d", name, a.Size, MaxTopHits, DefaultTopHits)
	}
	return nil
}

func (a Terms) inner() Aggregations         { return a.Aggs }
func (a DateHistogram) inner() Aggregations { return a.Aggs }
func (a Histogram) inner() Aggregations     { return a.Aggs }
func (Percentiles) inner() Aggregations     { return nil }
func (Stats) inner() Aggregations           { return nil }
func (Cardinality) inner() Aggregations     { return nil }
func (TopHits) inner() Aggregations         { return nil }
