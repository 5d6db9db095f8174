package segment

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

func TestScratch(t *testing.T) {
	path := os.Getenv("SEG")
	if path == "" {
		t.Skip()
	}
	per, _ := strconv.Atoi(os.Getenv("PER"))
	if per == 0 {
		per = 65536
	}
	maxLines, _ := strconv.Atoi(os.Getenv("MAX"))
	level := Fast
	if os.Getenv("BEST") != "" {
		level = Best
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var raw, stored, n int
	var enc, dec time.Duration
	flush := func(b *Batch, lines [][]byte) {
		t0 := time.Now()
		seg, err := Encode(b, level)
		if err != nil {
			t.Fatal(err)
		}
		enc += time.Since(t0)
		stored += len(seg)
		t0 = time.Now()
		s, err := New(bytes.NewReader(seg), int64(len(seg)))
		if err != nil {
			t.Fatal(err)
		}
		var out []byte
		for i, l := range lines {
			out, err = s.AppendLine(out[:0], i)
			if err != nil {
				t.Fatalf("row %d: %v", i, err)
			}
			if !bytes.Equal(out, l) {
				t.Fatalf("row %d\n got %s\nwant %s", i, out, l)
			}
		}
		dec += time.Since(t0)
		if os.Getenv("DUMP") != "" {
			dump(s)
		}
		b.Reset()
	}
	b := &Batch{}
	var lines [][]byte
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		raw += len(line) + 1
		n++
		b.Append(uint64(n), line)
		lines = append(lines, line)
		if len(lines) == per || b.Size() > 256<<20 {
			flush(b, lines)
			lines = lines[:0]
		}
		if n == maxLines {
			break
		}
	}
	if len(lines) > 0 {
		flush(b, lines)
	}
	t.Logf("%s: %d records, %.2f : 1, %.2f B/record, encode %.0f rec/s, decode %.0f rec/s", path, n, float64(raw)/float64(stored), float64(stored)/float64(n), float64(n)/enc.Seconds(), float64(n)/dec.Seconds())
}

var dumper func(*Segment)

func dump(s *Segment) { dumper(s) }

func init() {
	dumper = func(s *Segment) {
		sizes, _ := s.Sizes()
		for _, z := range sizes {
			if z.Stored > int64(s.rows/50) {
				var c string
				for _, col := range s.Find(z.Path) {
					if col.key.kind == z.Kind {
						c += fmt.Sprint(" codec ", col.v.codec, " order ", col.order != nil)
					}
				}
				fmt.Printf("%-30s %d %8d %6.3f B/row %6.3f B/val%s\n", z.Path, z.Kind, z.Values, float64(z.Stored)/float64(s.rows), float64(z.Stored)/float64(max(1, z.Values)), c)
			}
		}
		if s.keyID >= 0 {
			fmt.Println("key", s.fields[s.keyID].key.path, s.keyID, s.keyCount)
		}
		fmt.Println("sift", s.siftKeys, "blocks", len(s.src.blocks))
	}
}
