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
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/handler/archive"
	"github.com/sluicelog/sluice/internal/jsonline"
	"github.com/sluicelog/sluice/store"
)

// measureIngest puts n records into new stores on one processor, as JSON lines and as slog.Records, and prints how fast they went in.
// Close is in the time: at its end every record is in a segment. Making the stream and taking it apart into slog.Records is not, nor is
// bringing the records into the processor's cache, where those are that a program has just made.
func measureIngest(ctx context.Context, n int) error {
	var text []byte
	if err := bench.AudioStream(ctx, n, func(line []byte) error {
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
	h, err := archive.NewHandler(s, &archive.Options{Level: slog.LevelDebug})
	if err != nil {
		return err
	}
	var made []slog.Record
	if way == "slog.Record" {
		for line := range bytes.Lines(text) {
			r, _ := jsonline.Parse(bytes.TrimSuffix(line, []byte("\n")))
			made = append(made, r)
		}
		// A program does not hold a million records: going over them again and again would be the collector's work, not the store's.
		defer debug.SetGCPercent(debug.SetGCPercent(800))
	}
	runtime.GC()
	runtime.LockOSThread() // so that warming has a time of its own
	defer runtime.UnlockOSThread()
	wall, cpu := time.Now(), cpuTime(syscall.RUSAGE_SELF)
	var warming time.Duration
	if made == nil {
		for line := range bytes.Lines(text) {
			if err := s.Append(line[:len(line)-1]); err != nil {
				return err
			}
		}
	}
	for chunk := range slices.Chunk(made, 256) {
		began := cpuTime(syscall.RUSAGE_THREAD)
		warm(chunk)
		warming += cpuTime(syscall.RUSAGE_THREAD) - began
		for i := range chunk {
			if err := h.Handle(ctx, chunk[i]); err != nil {
				return err
			}
		}
	}
	if err := s.Close(ctx); err != nil {
		return err
	}
	took, used := time.Since(wall)-warming, cpuTime(syscall.RUSAGE_SELF)-cpu-warming
	size, err := dirSize(tmp)
	if err != nil {
		return err
	}
	per := float64(n)
	fmt.Printf("| %s | %.0f | %.0f | %.1f | %.2f | %.1f |\n", way, per/took.Seconds(), per/used.Seconds(), float64(len(text))/per, float64(size)/per, float64(len(text))/float64(size))
	return nil
}

// warm reads all of the records.
func warm(records []slog.Record) {
	var visit func(a slog.Attr) bool
	visit = func(a slog.Attr) bool {
		warmed += len(a.Key) + int(a.Value.Kind())
		switch a.Value.Kind() {
		case slog.KindString:
			for i := 0; i < len(a.Value.String()); i += 64 {
				warmed += int(a.Value.String()[i])
			}
		case slog.KindGroup:
			for _, g := range a.Value.Group() {
				visit(g)
			}
		}
		return true
	}
	for i := range records {
		records[i].Attrs(visit)
	}
}

var warmed int

// cpuTime is what the process, or this thread of it, has used of its processors.
func cpuTime(who int) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(who, &u)
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
