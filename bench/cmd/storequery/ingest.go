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
// Close is in the time: at its end every record is in a segment. Making the stream and taking it apart into slog.Records is not: it has a
// thread of its own, whose time is taken off.
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
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fmt.Printf("| into the store, one core, %d records | records/s | records per CPU second | bytes in, a record | bytes on disk, a record | ratio |\n|---|---|---|---|---|---|\n", n)
	for _, way := range []string{"JSON lines", "slog.Record"} {
		if err := measureWay(ctx, way, text, n); err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

// together is how many records are made before they are handed over: few enough that they are in the processor's cache, as a record is that
// was just made.
const together = 256

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
	runtime.GC()
	wall, cpu := time.Now(), cpuTime(syscall.RUSAGE_SELF)
	var making time.Duration
	made := make([]slog.Record, 0, together)
	hand := func() error {
		for i := range made {
			if err := h.Handle(ctx, made[i]); err != nil {
				return err
			}
		}
		made = made[:0]
		return nil
	}
	for rest := text; len(rest) > 0; {
		if way == "JSON lines" {
			end := bytes.IndexByte(rest, '\n')
			if err := s.Append(rest[:end]); err != nil {
				return err
			}
			rest = rest[end+1:]
			continue
		}
		began := cpuTime(syscall.RUSAGE_THREAD)
		for len(made) < together && len(rest) > 0 {
			end := bytes.IndexByte(rest, '\n')
			r, _ := jsonline.Parse(rest[:end])
			made = append(made, r)
			rest = rest[end+1:]
		}
		making += cpuTime(syscall.RUSAGE_THREAD) - began
		if err := hand(); err != nil {
			return err
		}
	}
	if err := s.Close(ctx); err != nil {
		return err
	}
	took, used := time.Since(wall)-making, cpuTime(syscall.RUSAGE_SELF)-cpu-making
	size, err := dirSize(tmp)
	if err != nil {
		return err
	}
	per := float64(n)
	fmt.Printf("| %s | %.0f | %.0f | %.1f | %.2f | %.1f |\n", way, per/took.Seconds(), per/used.Seconds(), float64(len(text))/per, float64(size)/per, float64(len(text))/float64(size))
	return nil
}

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
