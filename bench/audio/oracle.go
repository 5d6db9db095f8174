// Package audio knows what is in the stream of records by which stores are compared, that of an audio pipeline (see [bench.AudioStream]).
package audio

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"time"
)

// What the queries ask for.
const (
	Phrase      = "queue depth 39" // q2: in msg
	Level       = "ERROR"          // q3: and Stage
	Stage       = "store"
	Slow        = 5000.0           // q4: duration_ms above
	UserPrefix  = "u_528"          // q5: of user_id
	WindowAt    = 30 * time.Minute // q6: from there after First, for Window, with WindowLevel
	Window      = 5 * time.Minute
	WindowLevel = "WARN"
	Newest      = 100 // records that are shown of the hits
)

// An Answer is what a query must give.
type Answer struct {
	Hits   int    // records that match
	Newest string // SHA-256 of the newest of them, each with a line break
}

// Oracle is what the stream is known to hold. It is counted by looking for bytes as the generator writes them, with nothing of the store.
type Oracle struct {
	Records int
	Raw     int64
	First   time.Time // of the stream
	Needle  string
	Answers map[string]Answer             // q1 to q6
	Levels  map[string]map[int64]int      // q7: by level and minute since 1970
	P99     map[string]map[string]float64 // q8: by stage; value and count

	seen      int
	requests  map[string]int
	durations map[string][]float64
	found     map[string]*matches
	needles   []match
}

type match struct {
	at   int64
	seq  int
	line string
}

// matches are the last hits of a query: more than are wanted, as records are only nearly in the order of their time.
type matches struct {
	n    int
	last []match
}

const keepMatches = 1000

// NewOracle returns one of a stream of n records.
func NewOracle(n int) *Oracle {
	return &Oracle{Records: n, Answers: map[string]Answer{}, Levels: map[string]map[int64]int{}, P99: map[string]map[string]float64{},
		requests: map[string]int{}, durations: map[string][]float64{}, found: map[string]*matches{}}
}

// value returns what stands behind a member's name, up to the first byte of stop.
func value(line []byte, name string, stop byte) ([]byte, bool) {
	_, rest, ok := bytes.Cut(line, []byte(name))
	if !ok {
		return nil, false
	}
	end := bytes.IndexByte(rest, stop)
	if end < 0 {
		return nil, false
	}
	return rest[:end], true
}

// Add counts the next line of the stream.
func (o *Oracle) Add(line []byte) error {
	seq := o.seen
	o.seen++
	o.Raw += int64(len(line)) + 1
	stamp, _ := value(line, `"time":"`, '"')
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return fmt.Errorf("the stream is not that of the generator: %w: %s", err, line)
	}
	if o.First.IsZero() {
		o.First = at
	}
	m := match{at: at.UnixNano(), seq: seq}
	level, _ := value(line, `"level":"`, '"')
	stage, staged := value(line, `"stage":"`, '"')
	user, _ := value(line, `"user_id":"`, '"')
	request, _ := value(line, `"request_id":"`, '"')
	if len(request) > 0 {
		o.requests[string(request)]++
		if o.Needle == "" && o.seen >= o.Records/2 {
			o.Needle = string(request)
		}
		o.keepRecent(m, line)
	}
	if o.Levels[string(level)] == nil {
		o.Levels[string(level)] = map[int64]int{}
	}
	o.Levels[string(level)][int64(math.Floor(float64(at.Unix())/60))]++
	if bytes.Contains(line, []byte(Phrase+`"`)) {
		o.hit("q2", m, line)
	}
	if string(level) == Level && string(stage) == Stage {
		o.hit("q3", m, line)
	}
	if bytes.HasPrefix(user, []byte(UserPrefix)) {
		o.hit("q5", m, line)
	}
	if from := o.First.Add(WindowAt); string(level) == WindowLevel && !at.Before(from) && at.Before(from.Add(Window)) {
		o.hit("q6", m, line)
	}
	if text, ok := number(line, `"duration_ms":`); ok {
		ms, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		if ms > Slow {
			o.hit("q4", m, line)
		}
		if staged {
			o.durations[string(stage)] = append(o.durations[string(stage)], ms)
		}
	}
	return nil
}

// number returns the digits behind a member's name.
func number(line []byte, name string) (string, bool) {
	_, rest, ok := bytes.Cut(line, []byte(name))
	if !ok {
		return "", false
	}
	end := bytes.IndexAny(rest, ",}")
	return string(rest[:max(end, 0)]), end > 0
}

// keepRecent keeps the records of requests around the needle, of which there are fewer than that before and behind it.
func (o *Oracle) keepRecent(m match, line []byte) {
	const around = 100_000
	m.line = string(line)
	if o.Needle != "" {
		if len(o.needles) < 2*around {
			o.needles = append(o.needles, m)
		}
		return
	}
	if len(o.needles) >= 2*around {
		o.needles = slices.Delete(o.needles, 0, around)
	}
	o.needles = append(o.needles, m)
}

func (o *Oracle) hit(query string, m match, line []byte) {
	f := o.found[query]
	if f == nil {
		f = &matches{}
		o.found[query] = f
	}
	f.add(m, line)
}

func (f *matches) add(m match, line []byte) {
	m.line = string(line)
	f.n++
	if f.last = append(f.last, m); len(f.last) >= 2*keepMatches {
		f.last = slices.Delete(f.last, 0, keepMatches)
	}
}

// digest is the sum of the newest hits, the newest first.
func (f *matches) digest() string {
	list := slices.Clone(f.last)
	slices.SortFunc(list, func(a, b match) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.seq, a.seq)) })
	h := sha256.New()
	for _, m := range list[:min(Newest, len(list))] {
		_, _ = h.Write(append([]byte(m.line), '\n'))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// Finish works out the answers, after the last line.
func (o *Oracle) Finish() error {
	q1 := &matches{}
	for _, m := range o.needles {
		if bytes.Contains([]byte(m.line), []byte(`"request_id":"`+o.Needle+`"`)) {
			q1.add(m, []byte(m.line))
		}
	}
	if q1.n != o.requests[o.Needle] {
		return fmt.Errorf("of the request in the middle %d of %d records were kept", q1.n, o.requests[o.Needle])
	}
	o.found["q1"] = q1
	for _, q := range []string{"q1", "q2", "q3", "q4", "q5", "q6"} {
		f := o.found[q]
		if f == nil {
			f = &matches{}
		}
		o.Answers[q] = Answer{f.n, f.digest()}
	}
	for stage, list := range o.durations {
		slices.Sort(list)
		rank := int(math.Ceil(0.99 * float64(len(list))))
		o.P99[stage] = map[string]float64{"p99": list[rank-1], "records": float64(len(list))}
	}
	return nil
}

// Save finishes the oracle and writes it down for another process.
func (o *Oracle) Save(name string) error {
	if err := o.Finish(); err != nil {
		return err
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o600)
}

// LoadOracle reads what Save has written.
func LoadOracle(name string) (*Oracle, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	o := &Oracle{}
	return o, json.Unmarshal(b, o)
}
