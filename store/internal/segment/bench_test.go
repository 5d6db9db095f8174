package segment

import (
	"bytes"
	"testing"
)

func benchBatch() *Batch {
	b := &Batch{}
	for i, l := range logStream(1 << 16) {
		b.Append(uint64(i+1), []byte(l))
	}
	return b
}

func BenchmarkEncode(b *testing.B) {
	batch := benchBatch()
	b.SetBytes(int64(batch.Size()))
	for b.Loop() {
		if _, err := Encode(batch, Fast); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batch.Len()*b.N)/b.Elapsed().Seconds(), "records/s")
}

// A needle: a new reader finds one record by its number.
func BenchmarkOpenAndReadOneRecord(b *testing.B) {
	batch := benchBatch()
	data, err := Encode(batch, Fast)
	if err != nil {
		b.Fatal(err)
	}
	var line []byte
	for b.Loop() {
		s, err := New(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			b.Fatal(err)
		}
		if line, err = s.AppendLine(line[:0], 40000); err != nil {
			b.Fatal(err)
		}
	}
}
