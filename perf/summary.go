package perf

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Summary is what one operation did within an interval. Durations between 1 µs and 1 h are exact to 1 %.
type Summary struct {
	Operation string
	Count     uint64 // calls
	Errors    uint64 // calls that failed, timed out or panicked
	Interval  time.Duration

	Min, P50, P90, P95, P99, Max, Mean time.Duration

	// SlowestTrace is the trace identifier of the slowest call in hexadecimal digits, empty when it had none.
	SlowestTrace string
	// Histogram is the distribution in HdrHistogram's V2 compressed form, base64.
	Histogram string
}

// summaryOf computes the summary of d, which has calls.
func summaryOf(name string, d distribution, interval time.Duration) (Summary, error) {
	s := Summary{Operation: name, Count: d.calls, Errors: d.errors, Interval: interval}
	if d.trace != [16]byte{} {
		s.SlowestTrace = hex.EncodeToString(d.trace[:])
	}
	return s, s.take(d.histogram)
}

// take fills in what the histogram says.
func (s *Summary) take(h *hdrhistogram.Histogram) error {
	q := h.ValueAtPercentilesSlice([]float64{50, 90, 95, 99})
	s.Min, s.Max, s.Mean = time.Duration(h.Min()), time.Duration(h.Max()), time.Duration(h.Mean())
	s.P50, s.P90, s.P95, s.P99 = time.Duration(q[0]), time.Duration(q[1]), time.Duration(q[2]), time.Duration(q[3])
	text, err := h.EncodeV2()
	if err != nil {
		return fmt.Errorf("perf: histogram of %q: %w", s.Operation, err)
	}
	s.Histogram = string(text)
	return nil
}

// Rate is the number of calls per second.
func (s Summary) Rate() float64 {
	if s.Interval <= 0 {
		return 0
	}
	return float64(s.Count) / s.Interval.Seconds()
}

// Attrs returns the summary as the attributes of its record.
func (s Summary) Attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("operation", s.Operation), slog.Uint64("calls", s.Count), slog.Uint64("errors", s.Errors), slog.Float64("rate", s.Rate()),
		slog.Float64("min_ms", milliseconds(s.Min)), slog.Float64("p50_ms", milliseconds(s.P50)), slog.Float64("p90_ms", milliseconds(s.P90)),
		slog.Float64("p95_ms", milliseconds(s.P95)), slog.Float64("p99_ms", milliseconds(s.P99)), slog.Float64("max_ms", milliseconds(s.Max)),
		slog.Float64("mean_ms", milliseconds(s.Mean)), slog.Float64("interval_ms", milliseconds(s.Interval)),
	}
	if s.SlowestTrace != "" {
		attrs = append(attrs, slog.String("slowest_trace_id", s.SlowestTrace))
	}
	return append(attrs, slog.String("histogram", s.Histogram))
}

// Merge adds up summaries of one operation from several services or intervals: counts are summed, percentiles are those of all
// calls together. The interval is the longest of them, the slowest trace that of the highest maximum. An error names the
// summary whose histogram cannot be read, or whose operation is another one.
func Merge(summaries ...Summary) (Summary, error) {
	if len(summaries) == 0 {
		return Summary{}, nil
	}
	sum := Summary{Operation: summaries[0].Operation}
	whole := newHistogram()
	var most time.Duration
	for i, s := range summaries {
		if s.Operation != sum.Operation {
			return Summary{}, fmt.Errorf("perf: merge: summary %d is of operation %q: want %q as the first", i, s.Operation, sum.Operation)
		}
		h, err := hdrhistogram.Decode([]byte(s.Histogram))
		if err != nil {
			return Summary{}, fmt.Errorf("perf: merge: histogram of summary %d: %w", i, err)
		}
		if dropped := whole.Merge(h); dropped > 0 {
			return Summary{}, fmt.Errorf("perf: merge: histogram of summary %d has %d durations over %v", i, dropped, time.Duration(longest))
		}
		sum.Count += s.Count
		sum.Errors += s.Errors
		sum.Interval = max(sum.Interval, s.Interval)
		if s.Max >= most {
			most, sum.SlowestTrace = s.Max, s.SlowestTrace
		}
	}
	return sum, sum.take(whole)
}
