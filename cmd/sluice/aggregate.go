package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sluicelog/sluice/search"
)

var aggregateCommand = command{
	name: "aggregate", args: "[QUERY [FILE...]]", short: "count and compute over records, with small charts",
	long: `
Groups the records that match by fields, one within the other, and computes in each group. A group is a field, a field with an
interval of its numbers (duration_ms:100), or time with one of time (time:1m). The last one of several, when it is time, is drawn as a sparkline.

  sluice aggregate --by level --store logs
  sluice aggregate 'stage:*' --by stage --stats duration_ms --percentiles duration_ms --store logs
  sluice aggregate 'level>=warn' --by service,time:5m --since 2h --store logs`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var source sourceFlags
		source.add(fs)
		by := fs.String("by", "", "group by `FIELDS`, with commas between")
		size := fs.Int("size", search.DefaultTerms, "groups of a field at most, `N`")
		percentiles := fs.String("percentiles", "", "p50, p95 and p99 of `FIELD`")
		stats := fs.String("stats", "", "count, mean, least, greatest of `FIELD`")
		distinct := fs.String("distinct", "", "number of different values of `FIELD`")
		asJSON := fs.Bool("json", false, "print the result as one JSON object")
		return func(ctx context.Context, e env, args []string) error {
			aggs, err := aggregationsOf(fieldList(*by), *size, *percentiles, *stats, *distinct)
			if err != nil {
				return usageError{err}
			}
			return source.withSearcher(ctx, args, func(ctx context.Context, s search.Searcher, req *search.Request) error {
				a, err := s.Aggregate(ctx, req, aggs)
				if err != nil {
					return err
				}
				if *asJSON {
					err = json.NewEncoder(e.stdout).Encode(a)
				} else {
					err = drawAggregated(e.stdout, a)
				}
				if err == nil && a.Total == 0 {
					err = errNothing
				}
				return err
			})
		}
	},
}

// The names of aggregations in a request of the command.
const (
	byName          = "by"
	percentilesName = "percentiles"
	statsName       = "stats"
	distinctName    = "distinct"
)

// aggregationsOf makes the aggregations that flags ask for: groups within each other, the others in each.
func aggregationsOf(by []string, size int, percentiles, stats, distinct string) (search.Aggregations, error) {
	metrics := search.Aggregations{}
	inner := metrics
	if percentiles != "" {
		metrics[percentilesName] = search.Percentiles{Field: percentiles}
	}
	if stats != "" {
		metrics[statsName] = search.Stats{Field: stats}
	}
	if distinct != "" {
		metrics[distinctName] = search.Cardinality{Field: distinct}
	}
	for _, group := range slices.Backward(by) {
		field, interval, has := strings.Cut(group, ":")
		var agg search.Aggregation
		switch {
		case !has:
			agg = search.Terms{Field: field, Size: size, Aggs: inner}
		case search.KindOf(field) == search.Time:
			d, err := time.ParseDuration(interval)
			if err != nil {
				return nil, fmt.Errorf("--by %q: want an interval of time such as time:1m", group)
			}
			agg = search.DateHistogram{Field: field, Interval: d, Aggs: inner}
		default:
			f, err := strconv.ParseFloat(interval, 64)
			if err != nil {
				return nil, fmt.Errorf("--by %q: want an interval of numbers such as duration_ms:100", group)
			}
			agg = search.Histogram{Field: field, Interval: f, Aggs: inner}
		}
		inner = maps.Clone(metrics)
		inner[byName] = agg
	}
	return inner, inner.Validate()
}

// drawAggregated writes the result for people.
func drawAggregated(w io.Writer, a *search.Aggregated) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s records", count(a.Weighted))
	if a.Weighted != float64(a.Total) {
		fmt.Fprintf(&b, ", of which %d were kept", a.Total)
	}
	if a.Partial {
		b.WriteString(", as far as the time allowed")
	}
	b.WriteString(figures(a.Results) + "\n")
	if r := a.Results[byName]; r != nil {
		drawBuckets(&b, r.Buckets, "")
	}
	for _, d := range a.Damaged {
		b.WriteString(printable(d) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// drawBuckets writes groups with bars; groups of time within groups as sparklines.
func drawBuckets(b *strings.Builder, list *search.Buckets, indent string) {
	most, width := 0.0, 0
	for _, x := range list.List {
		most, width = max(most, x.Weighted), max(width, utf8.RuneCountInString(keyText(x.Key)))
	}
	width = min(width, 60)
	for _, x := range list.List {
		fmt.Fprintf(b, "%s%-*s %10s %s", indent, width, keyText(x.Key), count(x.Weighted), bar(x.Weighted, most))
		inner := x.Results[byName]
		if inner != nil && len(inner.Buckets.List) > 0 && inner.Buckets.List[0].Key.Type() == search.Instant {
			b.WriteString(" " + sparkline(inner.Buckets.List))
			inner = nil
		}
		b.WriteString(figures(x.Results) + "\n")
		if inner != nil {
			drawBuckets(b, inner.Buckets, indent+"  ")
		}
	}
	if list.Other > 0 {
		fmt.Fprintf(b, "%s%-*s %10d\n", indent, width, "(others)", list.Other)
	}
}

func keyText(v search.Value) string {
	if v.Type() == search.Instant {
		return v.Time().Format("2006-01-02 15:04:05")
	}
	return printable(v.String())
}

func count(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// figures writes what is computed in a group.
func figures(results map[string]*search.AggregationResult) string {
	var b strings.Builder
	if r := results[distinctName]; r != nil && r.Cardinality != nil {
		fmt.Fprintf(&b, "  %d different", *r.Cardinality)
	}
	if r := results[statsName]; r != nil && r.Stats != nil && r.Stats.Count > 0 {
		fmt.Fprintf(&b, "  n %s mean %.4g least %.4g greatest %.4g", count(r.Stats.Count), r.Stats.Mean, r.Stats.Min, r.Stats.Max)
	}
	if r := results[percentilesName]; r != nil {
		for _, p := range r.Percentiles {
			fmt.Fprintf(&b, "  p%v %.4g", p.Percent, p.Value)
		}
	}
	return b.String()
}

// bar draws a share in eighths of a character.
func bar(n, most float64) string {
	const width = 24
	if most <= 0 {
		return ""
	}
	eighths := int(n / most * width * 8)
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// maxSpark is how many characters a sparkline has at most.
const maxSpark = 60

// sparkline draws counts over time, several to a character where there are many.
func sparkline(list []search.Bucket) string {
	each := (len(list) + maxSpark - 1) / maxSpark
	var sums []float64
	most := 0.0
	for chunk := range slices.Chunk(list, each) {
		sum := 0.0
		for _, x := range chunk {
			sum += x.Weighted
		}
		sums, most = append(sums, sum), max(most, sum)
	}
	var b strings.Builder
	for _, s := range sums {
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(int(s/most*8), 7)])
	}
	return b.String()
}
