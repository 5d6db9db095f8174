package segment

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// encode returns lines as a segment and the segment opened.
func encode(t testing.TB, lines []string, level Level) ([]byte, *Segment) {
	t.Helper()
	b := &Batch{}
	for i, l := range lines {
		b.Append(uint64(i+1), []byte(l))
	}
	data, err := Encode(b, level)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return data, s
}

// decode returns all records.
func decode(t testing.TB, s *Segment) []string {
	t.Helper()
	out := make([]string, s.Len())
	for row := range out {
		b, err := s.AppendLine(nil, row)
		if err != nil {
			t.Fatalf("record %d: %v", row, err)
		}
		out[row] = string(b)
	}
	return out
}

func roundTrip(t testing.TB, lines []string, level Level) *Segment {
	t.Helper()
	_, s := encode(t, lines, level)
	if diff := cmp.Diff(lines, decode(t, s)); diff != "" {
		t.Fatal(diff)
	}
	return s
}

// logStream is n lines as services write them: requests of several records that interleave, some lines of text between.
func logStream(n int) []string {
	r := rand.New(rand.NewPCG(7, 7))
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var out []string
	id := func(k int) string {
		b := make([]byte, k)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return fmt.Sprintf("%x", b)
	}
	open := []string{id(16)}
	for i := range n {
		at = at.Add(time.Duration(r.IntN(900000)))
		k := r.IntN(len(open))
		req := open[k]
		switch r.IntN(8) {
		case 0:
			open = append(open, id(16))
		case 1:
			open[k] = id(16)
		}
		stamp := at.Format(time.RFC3339Nano)
		switch i % 7 {
		case 0:
			out = append(out, fmt.Sprintf(`{"time":"%s","level":"INFO","msg":"request received","request_id":"%s","http":{"method":"GET","status":%d}}`, stamp, req, 200+r.IntN(3)))
		case 1, 2:
			out = append(out, fmt.Sprintf(`{"time":"%s","level":"DEBUG","msg":"dequeued %s after %.1f ms, depth %d","request_id":"%s","wait_ms":%.3f}`, stamp, req, r.Float64()*9, r.IntN(40), req, r.Float64()*100))
		case 3:
			out = append(out, fmt.Sprintf(`%s [worker-%d] WARN  o.a.Pool:%d - slow task %d of %s took -%d us`, at.Format("2006-01-02 15:04:05,000"), r.IntN(5), 10+r.IntN(3), i, req[:8], r.IntN(1000)))
		case 4:
			out = append(out, "\tat org.example.Pool.run(Pool.java:"+fmt.Sprint(r.IntN(300))+")")
		default:
			out = append(out, fmt.Sprintf(`{"time":"%s","level":"ERROR","msg":"failed","request_id":"%s","error":{"message":"code %d","stack":"a\n\tb:%d"},"tags":["x",%d],"ok":%v}`, stamp, req, r.IntN(9), r.IntN(99), r.IntN(4), i%2 == 0))
		}
	}
	return out
}

func TestLinesComeBackByteForByte(t *testing.T) {
	for name, lines := range map[string][]string{
		"one":       {`{"a":1}`},
		"empty":     {""},
		"empties":   {"", "", ""},
		"no object": {"null", "[]", `"x"`, "{", "}", "{}", " {} ", `{"a":{}}`, `{"a":1}x`, `{"a":01}`, `{"a":"` + "\xff" + `"}`, `{"a":"\q"}`},
		"white":     {`{ "a" : 1 , "b" : [ 1 , 2 ] }`, "{\t\"a\":\r\n1}", `  {"a":1}  `},
		"numbers":   {`{"a":1.0}`, `{"a":1.50}`, `{"a":-0}`, `{"a":1e400}`, `{"a":123456789012345678901234567890}`, `{"a":-9223372036854775808}`, `{"a":0.1}`, `{"a":1E+2}`},
		"kinds":     {`{"a":1}`, `{"a":"1"}`, `{"a":true}`, `{"a":null}`, `{"a":[1]}`, `{"a":{"b":1}}`, `{"a.b":1}`, `{"a":1,"a":2,"a":"3"}`, `{"":0}`},
		"escapes":   {`{"a":"\u00e9\\\"\/\n"}`, `{"\u0061":"é"}`, `{"a":"` + "\x7f" + `"}`},
		"marks":     {"a\x01b", "\x02\x03\x01", "\x00", `x 1 y 2`, "\x03\x80\x80"},
		"mixed":     {`{"a":"2026-03-01T12:00:00Z"}`, `{"a":"2026-03-01T12:00:00.5+02:00"}`, `{"a":"2026-02-30T12:00:00Z"}`, `{"a":"2026-03-01 12:00:00"}`},
		"stream":    logStream(3000),
	} {
		t.Run(name, func(t *testing.T) {
			roundTrip(t, lines, Fast)
			roundTrip(t, lines, Best)
			for range 8 { // columns long enough for every encoding
				lines = append(lines, lines...)
				if len(lines) > 5000 {
					break
				}
			}
			roundTrip(t, lines, Fast)
		})
	}
}

func TestValuesOfEveryTypeComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	columns := map[string]func(i int) string{
		"const":   func(int) string { return "same" },
		"int":     func(i int) string { return fmt.Sprint(i * 37 % 10007) },
		"signed":  func(int) string { return fmt.Sprint(r.IntN(2000) - 1000) },
		"huge":    func(int) string { return fmt.Sprint(r.Int64()) },
		"zeros":   func(int) string { return fmt.Sprintf("%06d", r.IntN(1000000)) },
		"decimal": func(int) string { return fmt.Sprintf("%.3f", r.Float64()*1000) },
		"trimmed": func(int) string { return fmt.Sprint(float64(r.IntN(100000)) / 1000) },
		"pointed": func(i int) string { return fmt.Sprintf("%d.%d", r.IntN(100), 1+r.IntN(9)*(i%2)) },
		"hex":     func(int) string { return fmt.Sprintf("%016x", r.Uint64()) },
		"HEX":     func(int) string { return fmt.Sprintf("%016X", r.Uint64()) },
		"uuid":    func(int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), r.Uint32()) },
		"time":    func(i int) string { return time.Unix(1.7e9, int64(i)*12345678).UTC().Format(time.RFC3339Nano) },
		"zone": func(i int) string {
			return time.Unix(1.7e9, int64(i)*12345678).In(time.FixedZone("", 7200)).Format(time.RFC3339Nano)
		},
		"prefixed": func(int) string { return fmt.Sprintf("u_%d", r.IntN(5000)) },
		"few":      func(int) string { return []string{"GET", "PUT", "POST"}[r.IntN(3)] },
		"mostly":   func(i int) string { return []string{fmt.Sprint(i), "n/a"}[min(i%50/49, 1)] },
		"words":    func(int) string { return strings.Repeat("z", r.IntN(5)) + string(rune('a'+r.IntN(26))) },
		"message": func(i int) string {
			return fmt.Sprintf("user %d of %x: took %d.%d s at 10.0.%d.%d", i, r.Uint64(), i%7, i%3, i%255, r.IntN(255))
		},
	}
	for name, value := range columns {
		t.Run(name, func(t *testing.T) {
			var lines []string
			for i := range 6000 {
				lines = append(lines, fmt.Sprintf(`{"v":"%s","w":%d}`, value(i), i%3))
			}
			s := roundTrip(t, lines, Fast)
			if c := s.Find("v"); len(c) != 1 || c[0].Len() != len(lines) {
				t.Errorf("columns %v", c)
			}
		})
	}
}

// shared returns the directory of logs that may not be in this repository.
func shared(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("reads a gigabyte of logs: not with -short")
	}
	dir := os.Getenv("SLUICE_SHARED")
	if dir == "" {
		t.Skip("SLUICE_SHARED does not name the directory of the shared logs: their round trip is not tested")
	}
	return filepath.Join(dir, "data", "logs")
}

func TestEverySharedLogComesBackByteForByte(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t), "*.zst"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := exec.CommandContext(t.Context(), "zstd", "-qdc", "--long=27", file).Output()
			if err != nil {
				t.Skip("zstd:", err)
			}
			b := &Batch{}
			n := uint64(0)
			var lines [][]byte
			flush := func() {
				enc, err := Encode(b, Fast)
				if err != nil {
					t.Fatal(err)
				}
				s, err := New(bytes.NewReader(enc), int64(len(enc)))
				if err != nil {
					t.Fatal(err)
				}
				var out []byte
				for row, want := range lines {
					if out, err = s.AppendLine(out[:0], row); err != nil || !bytes.Equal(out, want) {
						t.Fatalf("record %d: %v\n got %q\nwant %q", s.Seq(row), err, out, want)
					}
				}
				b.Reset()
				lines = lines[:0]
			}
			for line := range bytes.Lines(data) {
				n++
				b.Append(n, line) // its end included
				lines = append(lines, line)
				if b.Len() == 1<<16 || b.Size() > 64<<20 {
					flush()
				}
			}
			if b.Len() > 0 {
				flush()
			}
		})
	}
}

func TestGapsInArrivalNumbersAreKept(t *testing.T) {
	b := &Batch{}
	want := []uint64{5, 6, 9, 1000, 1 << 40}
	for _, q := range want {
		b.Append(q, []byte("x"))
	}
	data, err := Encode(b, Fast)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for row, q := range want {
		if s.Seq(row) != q {
			t.Errorf("record %d has number %d, want %d", row, s.Seq(row), q)
		}
	}
}

func TestADamagedBlockIsNamedAndCostsNoOther(t *testing.T) {
	lines := logStream(4000)
	data, s := encode(t, lines, Fast)
	damagedFields := 0
	for id, blk := range s.src.blocks {
		bad := bytes.Clone(data)
		bad[blk.off+int64(blk.stored/2)] ^= 1
		d, err := New(bytes.NewReader(bad), int64(len(bad)))
		if err != nil {
			var be *BlockError
			if !errors.As(err, &be) || be.Block != id {
				t.Errorf("block %d: %v", id, err)
			}
			continue
		}
		whole := 0
		for _, c := range d.Columns() {
			var b []byte
			if b, err = c.AppendValue(b, 0); err == nil {
				whole++
				continue
			}
			var be *BlockError
			if !errors.As(err, &be) || be.Block != id || !errors.Is(err, ErrCorrupt) {
				t.Errorf("block %d: %v", id, err)
			}
			damagedFields++
		}
		for row := range d.Len() {
			got, err := d.AppendLine(nil, row)
			if err == nil && string(got) != lines[row] {
				t.Fatalf("block %d: record %d is %s", id, row, got)
			}
		}
	}
	if damagedFields == 0 {
		t.Error("no block made a difference")
	}
}

func TestBitFlipsAndTruncationNeverPanicNorChangeARecord(t *testing.T) {
	lines := logStream(600)
	data, _ := encode(t, lines, Fast)
	r := rand.New(rand.NewPCG(1, 1))
	try := func(bad []byte) {
		s, err := New(bytes.NewReader(bad), int64(len(bad)))
		if err != nil {
			return
		}
		for row := range min(s.Len(), len(lines)) {
			if got, err := s.AppendLine(nil, row); err == nil && string(got) != lines[row] {
				t.Fatalf("record %d is %s", row, got)
			}
		}
	}
	for range 300 {
		bad := bytes.Clone(data)
		bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		try(bad)
	}
	for range 200 {
		try(data[:r.IntN(len(data))])
	}
	try(append(bytes.Clone(data), 0))
}

func TestWhatASearchAsksIsAnswered(t *testing.T) {
	lines := logStream(4000)
	_, s := encode(t, lines, Fast)
	// Filter: every value that is there.
	for _, c := range s.Find("request_id") {
		var b []byte
		for e := range c.Len() {
			b, _ = c.AppendValue(b[:0], e)
			if !s.MayContain("request_id", b) {
				t.Fatalf("%s is denied", b)
			}
		}
	}
	if !s.Filtered("request_id") || s.Filtered("level") {
		t.Error("request_id should be in the filter, level should not")
	}
	denied := 0
	for i := range 1000 {
		if !s.MayContain("request_id", fmt.Appendf(nil, "%032x", i)) {
			denied++
		}
	}
	if denied < 980 {
		t.Errorf("%d of 1000 absent values are denied", denied)
	}
	// Rollup: the sum, and the levels of the lines.
	counts := map[string]int{}
	sum := 0
	for _, c := range s.Rollup() {
		counts[c.Level.String()] += c.Records
		sum += c.Records
	}
	if sum != len(lines) {
		t.Errorf("the rollup counts %d records", sum)
	}
	levels, err := s.Levels()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for i, l := range lines {
		name := "INFO" // lines without a level
		for _, n := range []string{"DEBUG", "WARN", "ERROR"} {
			if strings.Contains(l, n) {
				name = n
			}
		}
		want[name]++
		if levels[i] != map[string]int8{"DEBUG": -4, "INFO": 0, "WARN": 4, "ERROR": 8}[name] {
			t.Fatalf("level of %s is %d", l, levels[i])
		}
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	// Times: those of the lines, or of the line before.
	times, err := s.Times()
	if err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(l, `{"time":"`); ok {
			at, err := time.Parse(time.RFC3339Nano, rest[:strings.IndexByte(rest, '"')])
			if err != nil {
				t.Fatal(err)
			}
			last = at.UnixNano()
		} else if l[0] == '2' {
			at, err := time.Parse("2006-01-02 15:04:05,000", l[:23])
			if err != nil {
				t.Fatal(err)
			}
			last = at.UnixNano()
		}
		if times[i] != last {
			t.Fatalf("time of %s is %d, want %d", l, times[i], last)
		}
	}
	if from, to := s.TimeRange(); from > to || from != times[0] {
		t.Errorf("from %d to %d", from, to)
	}
	// Numbers.
	c := s.Find("wait_ms")[0]
	fs, err := c.Floats()
	if err != nil {
		t.Fatal(err)
	}
	least, most, ok := c.Range()
	for e, f := range fs {
		b, _ := c.AppendValue(nil, e)
		var g float64
		if _, err := fmt.Sscan(string(b), &g); err != nil || f != g || f < least || f > most || !ok {
			t.Fatalf("%s is %v, range %v to %v", b, f, least, most)
		}
	}
}

func TestForgedDescriptionsNeverPanic(t *testing.T) {
	lines := logStream(300)
	data, s := encode(t, lines, Fast)
	b := &Batch{}
	for i, l := range lines {
		b.Append(uint64(i+1), []byte(l))
	}
	desc := describeForTest(t, b)
	r := rand.New(rand.NewPCG(9, 9))
	for range 1500 {
		forged := bytes.Clone(desc)
		for range 1 + r.IntN(3) {
			forged[r.IntN(len(forged))] = byte(r.Uint32())
		}
		readForged(forged, data, s)
	}
}

// readForged reads all of a segment with a description that no checksum guards.
func readForged(desc, data []byte, s *Segment) {
	g := &Segment{src: source{r: bytes.NewReader(data), blocks: s.src.blocks, shared: map[int][]byte{}}}
	if err := g.describe(&cursor{b: desc}); err != nil || g.rows > 1000 {
		return
	}
	for row := range g.rows {
		_, _ = g.AppendLine(nil, row)
	}
	_, _ = g.Times()
	_, _ = g.Levels()
	for _, c := range g.Columns() {
		_, _ = c.RowCodes()
		_, _ = c.Numbers()
		_, _ = c.Templates()
		_, _ = c.Form()
		_, _ = c.Values(1000)
	}
	g.Slim()
}

func FuzzLinesComeBack(f *testing.F) {
	f.Add([]byte("{\"a\":1}\n{\"a\":2.5,\"b\":\"x y 1\"}\nplain 12\n\x01"), true)
	f.Add([]byte("2026-03-01 12:00:00,123 [main] INFO x:1 - y\n2026-03-01 12:00:00,124 [main] INFO x:2 - y"), false)
	f.Fuzz(func(t *testing.T, data []byte, repeat bool) {
		lines := strings.Split(string(data), "\n")
		if repeat {
			for len(lines) < 300 {
				lines = append(lines, lines...)
			}
		}
		if len(lines) > 5000 {
			return
		}
		roundTrip(t, lines, Fast)
	})
}

func FuzzReaderNeverPanics(f *testing.F) {
	lines := logStream(40) // a short description: most bytes of it say something
	data, s := encode(f, lines, Fast)
	// The description, uncompressed: a checksum would refuse every change of the file.
	b := &Batch{}
	for i, l := range lines {
		b.Append(uint64(i+1), []byte(l))
	}
	desc := describeForTest(f, b)
	f.Add(desc)
	f.Fuzz(func(t *testing.T, desc []byte) {
		readForged(desc, data, s)
	})
}

func BenchmarkEncodeFile(b *testing.B) {
	path := os.Getenv("SLUICE_BENCH_FILE")
	if path == "" {
		b.Skip("SLUICE_BENCH_FILE names no file")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	batch := &Batch{}
	for line := range bytes.Lines(data) {
		if batch.Append(uint64(batch.Len()+1), bytes.TrimSuffix(line, []byte("\n"))); batch.Len() == 1<<16 {
			break
		}
	}
	for b.Loop() {
		if _, err := Encode(batch, Fast); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batch.Len()*b.N)/b.Elapsed().Seconds(), "records/s")
}
