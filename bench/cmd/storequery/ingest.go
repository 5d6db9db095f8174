package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/sluicelog/sluice/handler/archive"
	"github.com/sluicelog/sluice/internal/jsonline"
	"github.com/sluicelog/sluice/store"
)

// measureIngest puts n records into new stores on one processor, as JSON lines and as slog.Records, and prints how fast they went in.
// Close is in the time: at its end every record is in a segment. Making the stream and taking it apart into slog.Records is not.
func measureIngest(ctx context.Context, n int) error {
	var text []byte
	if err := generate(ctx, n, func(line []byte) error {
		text = append(append(text, line...), '\n')
		return nil
	}); err != nil {
		return err
	}
	procs := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(procs)
	fmt.Printf("| into the store, one core, %d records | records/s | records per CPU second | bytes in, a record | bytes on disk, a record | ratio |\n|---|---|---|---|---|---|\n", n)
	for _, way := range []string{"JSON lines", "slog.Record"} {
		if err := measureWay(ctx, way, text, n); err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

func measureWay(ctx context.Context, way string, text []byte, n int) error {
	tmp, err := os.MkdirTemp("", "storequery-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	s, err := store.Open(tmp, &store.Options{CompactAfter: -1, SegmentAge: -1})
	if err != nil {
		return err
	}
	var in []slog.Record
	var h *archive.Handler
	if way == "slog.Record" {
		if h, err = archive.NewHandler(s, &archive.Options{Level: slog.LevelDebug}); err != nil {
			return err
		}
		for line := range bytes.Lines(text) {
			r, _ := jsonline.Parse(bytes.TrimSuffix(line, []byte("\n")))
			in = append(in, r)
		}
	}
	runtime.GC()
	wall, cpu := time.Now(), cpuTime()
	if h != nil {
		for i := range in {
			if err := h.Handle(ctx, in[i]); err != nil {
				return err
			}
		}
	} else {
		for line := range bytes.Lines(text) {
			if err := s.Append(line[:len(line)-1]); err != nil {
				return err
			}
		}
	}
	if err := s.Close(ctx); err != nil {
		return err
	}
	took, used := time.Since(wall), cpuTime()-cpu
	size, err := dirSize(tmp)
	if err != nil {
		return err
	}
	per := float64(n)
	fmt.Printf("| %s | %.0f | %.0f | %.1f | %.2f | %.1f |\n", way, per/took.Seconds(), per/used.Seconds(), float64(len(text))/per, float64(size)/per, float64(len(text))/float64(size))
	return nil
}

// cpuTime is what the process has used of its processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// dirSize is every byte of every file below dir.
func dirSize(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}
