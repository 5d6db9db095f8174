package segment

import (
	"hash/crc32"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What it takes to open a segment's file, to check and uncompress all of its blocks or some, and to close it, when blocks are read by pread into
// a buffer that is used again, and when they are seen in a mapping of the file. The file is in the system's cache. CPU time is that of the
// process, the kernel's part included.
func BenchmarkReadingBlocks(b *testing.B) {
	data, err := Encode(benchBatch(), Fast)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "0.seg")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	seg, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer seg.Close()
	blocks := seg.src.blocks
	for _, want := range []struct {
		name  string
		every int
	}{{"all", 1}, {"one in eight", 8}} {
		var buf []byte
		b.Run(want.name+"/pread", func(b *testing.B) {
			benchBlocks(b, path, blocks, want.every, func(f *os.File, _ int) (func(int64, int) []byte, func()) {
				return func(off int64, n int) []byte {
					grow(&buf, n)
					if _, err := f.ReadAt(buf, off); err != nil {
						b.Fatal(err)
					}
					return buf
				}, func() {}
			})
		})
		b.Run(want.name+"/mmap", func(b *testing.B) {
			benchBlocks(b, path, blocks, want.every, func(f *os.File, size int) (func(int64, int) []byte, func()) {
				m, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
				if err != nil {
					b.Fatal(err)
				}
				return func(off int64, n int) []byte { return m[off : off+int64(n)] }, func() {
					if err := syscall.Munmap(m); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func benchBlocks(b *testing.B, path string, blocks []block, every int, open func(*os.File, int) (read func(int64, int) []byte, done func())) {
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	before := cpuTime(b)
	n := 0
	for b.Loop() {
		n++
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		read, done := open(f, int(info.Size()))
		for i := 0; i < len(blocks); i += every {
			bl := blocks[i]
			stored := read(bl.off, bl.stored)
			if crc32.Checksum(stored, castagnoli) != bl.crc {
				b.Fatal("wrong checksum")
			}
			if bl.raw != bl.stored {
				raw, err := unzip().DecodeAll(stored, buffer(bl.raw)[:0])
				if err != nil {
					b.Fatal(err)
				}
				buffers.Put(&raw)
			}
		}
		done()
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(n), "cpu-ns/op")
}

func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
