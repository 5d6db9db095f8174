package journal

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// The journal with each policy and number of writers, beside one write and one fsync per record into a file that grows.
func BenchmarkAppend(b *testing.B) {
	for _, tc := range []struct {
		name    string
		sync    SyncPolicy
		writers int
		batch   int
	}{
		{"interval/1", SyncInterval, 1, 1}, {"interval/8", SyncInterval, 8, 1}, {"interval/1x100", SyncInterval, 1, 100},
		{"always/1", SyncAlways, 1, 1}, {"always/8", SyncAlways, 8, 1}, {"always/128", SyncAlways, 128, 1},
	} {
		b.Run(tc.name, func(b *testing.B) {
			j, _ := mustOpen(b, b.TempDir(), Options{Sync: tc.sync, MaxBytes: 256 << 20, Overflow: DropOldest, SegmentBytes: 32 << 20})
			b.SetBytes(512)
			b.ReportAllocs()
			payloads := make([][]byte, tc.batch)
			for i := range payloads {
				payloads[i] = record(uint64(i), 512)
			}
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			var wg sync.WaitGroup
			for range tc.writers {
				wg.Go(func() {
					for left.Add(-int64(tc.batch)) > -int64(tc.batch) {
						if _, err := j.Append(context.Background(), payloads...); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			s := j.Stats()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(s.Appended)/float64(max(s.Writes, 1)), "records/write")
		})
	}
	for _, sync := range []bool{false, true} {
		name := "file"
		if sync {
			name = "file+fsync"
		}
		b.Run(name, func(b *testing.B) {
			f, err := os.OpenFile(filepath.Join(b.TempDir(), "x"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			p := record(1, 512)
			b.SetBytes(512)
			for b.Loop() {
				if _, err := f.Write(p); err != nil {
					b.Fatal(err)
				}
				if sync {
					if err := f.Sync(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	j, _ := mustOpen(b, dir, Options{})
	payloads := make([][]byte, 1000)
	for i := range payloads {
		payloads[i] = record(uint64(i), 512)
	}
	for range 100 {
		if _, err := j.Append(context.Background(), payloads...); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(512)
	b.ReportAllocs()
	b.ResetTimer()
	r := j.Reader(1)
	for range b.N {
		if _, _, err := r.TryNext(); err != nil {
			r.Close()
			r = j.Reader(1)
		}
	}
	r.Close()
}
