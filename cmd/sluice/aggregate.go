package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sluicelog/sluice/internal/conf"
	"github.com/sluicelog/sluice/search"
)

var aggregateCommand = command{
	name: "aggregate", args: "[QUERY] [FILE...]", short: "count and measure records",
	long: `
Groups the records that match by --by and --every, and computes figures of each group. Without either it computes them over all
records; without a figure it counts.

  sluice aggregate --store logs 'level:error' --by stage
  sluice aggregate --store logs --by stage --percentiles duration_ms
  sluice aggregate --store logs 'level>=warn' --by service --every 1m --since 1h
  sluice aggregate --store logs --distinct user_id --weigh

Exit status 1 when nothing matches.`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var q question
		q.flags(fs)
		var a grouping
		fs.StringVar(&a.by, "by", "", "a group for each value of `FIELD`")
		fs.Func("every", "a group for each `INTERVAL` of time: 5m, 1h, 1d", func(s string) (err error) {
			if a.every, err = conf.ParseDuration(s); err != nil || a.every < time.Millisecond || a.every%time.Millisecond != 0 {
				return errors.New("want a duration such as 5m, 1h or 1d, of whole milliseconds")
			}
			return nil
		})
		fs.IntVar(&a.size, "size", 10, "`N` largest groups of --by")
		fs.StringVar(&a.percentiles, "percentiles", "", "p50, p95 and p99 of `FIELD`")
		fs.StringVar(&a.stats, "stats", "", "count, mean, least and greatest of `FIELD`")
		fs.StringVar(&a.distinct, "distinct", "", "how many values `FIELD` has")
		asJSON := fs.Bool("json", false, "print the result as JSON")
		return func(ctx context.Context, e env, args []string) error {
			req, searcher, done, err := q.ask(args)
			if err != nil {
				return err
			}
			defer done()
			aggs := a.aggregations()
			if err := aggs.Validate(); err != nil {
				return usageError{err}
			}
			res, err := searcher.Aggregate(ctx, req, aggs)
			if err != nil {
				return err
			}
			if *asJSON {
				err = json.NewEncoder(e.stdout).Encode(res)
			} else {
				err = a.print(e.stdout, res)
			}
			if err == nil && len(res.Damaged) > 0 {
				err = &search.DamageError{Damaged: res.Damaged}
			}
			if err == nil && res.Total == 0 {
				err = errNothing
			}
			return err
		}
	},
}

// grouping is what the flags ask for: at most two levels of groups, and figures of the innermost.
type grouping struct {
	by, percentiles, stats, distinct string
	every                            time.Duration
	size                             int
}

func (g *grouping) aggregations() search.Aggregations {
	figures := search.Aggregations{}
	if g.percentiles != "" {
		figures["percentiles"] = search.Percentiles{Field: g.percentiles}
	}
	if g.stats != "" {
		figures["stats"] = search.Stats{Field: g.stats}
	}
	if g.distinct != "" {
		figures["distinct"] = search.Cardinality{Field: g.distinct}
	}
	switch {
	case g.every != 0 && g.by != "":
		figures["time"] = search.DateHistogram{Interval: g.every} // the line of a group shows its counts over time
	case g.every != 0:
		figures = search.Aggregations{"time": search.DateHistogram{Interval: g.every, Aggs: figures}}
	}
	if g.by != "" {
		return search.Aggregations{"by": search.Terms{Field: g.by, Size: g.size, Aggs: figures}}
	}
	return figures
}

// print draws the result: a line for each group, with a bar of its share and, over time, a sparkline.
func (g *grouping) print(out io.Writer, res *search.Aggregated) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := []string{"", "records"}
	head = append(head, g.figureNames()...)
	groups, label := []search.Bucket{{Weighted: res.Weighted, Results: res.Results}}, "all"
	other := uint64(0)
	switch {
	case g.by != "":
		groups, other, label = list(res.Results, "by"), others(res.Results, "by"), g.by
	case g.every != 0:
		groups, label = list(res.Results, "time"), "time"
	}
	head[0] = label
	fmt.Fprintf(w, "%s\t\n", strings.Join(head, "\t"))
	most := 1.0
	for _, b := range groups {
		most = max(most, b.Weighted)
	}
	for _, b := range groups {
		name := label
		if g.by != "" || g.every != 0 {
			name = g.label(b.Key)
		}
		fmt.Fprintf(w, "%s\t%s\t", clean(name), whole(b.Weighted))
		for _, f := range g.figures(b.Results) {
			fmt.Fprintf(w, "%s\t", f)
		}
		fmt.Fprintf(w, " %s", bar(b.Weighted/most))
		if g.by != "" && g.every != 0 {
			fmt.Fprintf(w, "  %s", sparkline(list(b.Results, "time")))
		}
		fmt.Fprintln(w)
	}
	if other > 0 {
		fmt.Fprintf(w, "(further)\t%d\t\n", other)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if g.by != "" && len(groups) == 0 && res.Total > 0 {
		if _, err := fmt.Fprintf(out, "none of %d records has a value of %s\n", res.Total, clean(g.by)); err != nil {
			return err
		}
	}
	if res.Partial {
		_, err := fmt.Fprintln(out, "not all records were looked at: the time was up")
		return err
	}
	return nil
}

func (g *grouping) label(key search.Value) string {
	if g.by == "" {
		return key.Time().Format("2006-01-02 15:04:05")
	}
	return key.String()
}

func (g *grouping) figureNames() (names []string) {
	if g.percentiles != "" {
		names = append(names, "p50", "p95", "p99")
	}
	if g.stats != "" {
		names = append(names, "mean", "min", "max")
	}
	if g.distinct != "" {
		names = append(names, "distinct")
	}
	return names
}

func (g *grouping) figures(results map[string]*search.AggregationResult) (out []string) {
	if g.percentiles != "" {
		ps := []search.Percentile(nil)
		if r := results["percentiles"]; r != nil {
			ps = r.Percentiles
		}
		for i := range 3 {
			if i < len(ps) {
				out = append(out, figure(ps[i].Value))
			} else {
				out = append(out, "-")
			}
		}
	}
	if g.stats != "" {
		if r := results["stats"]; r != nil && r.Stats != nil && r.Stats.Count > 0 {
			out = append(out, figure(r.Stats.Mean), figure(r.Stats.Min), figure(r.Stats.Max))
		} else {
			out = append(out, "-", "-", "-")
		}
	}
	if g.distinct != "" {
		n := uint64(0)
		if r := results["distinct"]; r != nil && r.Cardinality != nil {
			n = *r.Cardinality
		}
		out = append(out, strconv.FormatUint(n, 10))
	}
	return out
}

func list(results map[string]*search.AggregationResult, name string) []search.Bucket {
	if r := results[name]; r != nil && r.Buckets != nil {
		return r.Buckets.List
	}
	return nil
}

func others(results map[string]*search.AggregationResult, name string) uint64 {
	if r := results[name]; r != nil && r.Buckets != nil {
		return r.Buckets.Other
	}
	return 0
}

func clean(s string) string {
	var h humanLine
	h.text(s)
	return h.buf.String()
}

func whole(f float64) string { return strconv.FormatFloat(math.Round(f), 'f', 0, 64) }

func figure(f float64) string {
	if math.Abs(f) >= 100 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}

// barWidth is how many characters a whole bar has.
const barWidth = 24

// bar draws a share in eighths of a character.
func bar(share float64) string {
	eighths := int(math.Round(share * barWidth * 8))
	if eighths == 0 && share > 0 {
		eighths = 1
	}
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// sparkline draws the counts of buckets.
func sparkline(buckets []search.Bucket) string {
	most := 0.0
	for _, b := range buckets {
		most = max(most, b.Weighted)
	}
	var s strings.Builder
	for _, b := range buckets {
		if b.Weighted == 0 {
			s.WriteRune('·')
			continue
		}
		s.WriteRune([]rune("▁▂▃▄▅▆▇█")[int(b.Weighted/most*7)])
	}
	return s.String()
}
