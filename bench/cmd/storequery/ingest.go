package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/handler/archive"
	"github.com/sluicelog/sluice/store"
)

// measureIngest puts n records into new stores on one processor, as JSON lines and as slog.Records, and prints how fast they went in.
// Close is in the time: at its end every record is in a segment. Making the stream and making its lines into slog.Records is not, as that
// is the program's own work, whatever it logs to; collecting the garbage of that is.
func measureIngest(ctx context.Context, n int) error {
	var b strings.Builder
	if err := bench.AudioStream(ctx, n, func(line []byte) error {
		_, _ = b.Write(line)
		return b.WriteByte('\n')
	}); err != nil {
		return err
	}
	text := b.String()
	procs := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(procs)
	fmt.Printf("| into the store, one core, %d records | records/s | records per CPU second | bytes in, a record | bytes on disk, a record | ratio |\n|---|---|---|---|---|---|\n", n)
	for _, way := range []string{"JSON lines", "slog.Record"} {
		if err := measureWay(ctx, way, text, n); err != nil {
			return fmt.Errorf("%s: %w", way, err)
		}
	}
	fmt.Println()
	return nil
}

// handed is how many slog.Records are made before they are handed over: so few are still in the processor's cache, as a record is that a
// program has just made.
const handed = 256

func measureWay(ctx context.Context, way, text string, n int) error {
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
	runtime.LockOSThread() // so that making records has a time of its own
	defer runtime.UnlockOSThread()
	wall, cpu := time.Now(), cpuTime(syscall.RUSAGE_SELF)
	var making time.Duration
	if way == "slog.Record" {
		making, err = handOver(ctx, h, text)
	} else {
		var line []byte
		for l := range strings.Lines(text) {
			line = append(line[:0], l[:len(l)-1]...)
			if err = s.Append(line); err != nil {
				break
			}
		}
	}
	if err = errors.Join(err, s.Close(ctx)); err != nil {
		return err
	}
	took, used := time.Since(wall)-making, cpuTime(syscall.RUSAGE_SELF)-cpu-making
	size, err := bench.DirSize(tmp)
	if err != nil {
		return err
	}
	if err := sameLines(tmp, text); err != nil {
		return err
	}
	per := float64(n)
	fmt.Printf("| %s | %.0f | %.0f | %.1f | %.2f | %.1f |\n", way, per/took.Seconds(), per/used.Seconds(), float64(len(text))/per, float64(size)/per, float64(len(text))/float64(size))
	return nil
}

// handOver makes the lines into records, hands these to h, and returns the CPU time of making them.
func handOver(ctx context.Context, h slog.Handler, text string) (making time.Duration, err error) {
	m := &maker{}
	records := make([]slog.Record, 0, handed)
	for text != "" {
		began := cpuTime(syscall.RUSAGE_THREAD)
		m.reset()
		records = records[:0]
		for len(records) < handed && text != "" {
			line, rest, _ := strings.Cut(text, "\n")
			r, err := m.record(line)
			if err != nil {
				return 0, err
			}
			records, text = append(records, r), rest
		}
		making += cpuTime(syscall.RUSAGE_THREAD) - began
		for i := range records {
			if err := h.Handle(ctx, records[i]); err != nil {
				return 0, err
			}
		}
	}
	return making, nil
}

// sameLines says how the store in dir differs from the text.
func sameLines(dir, text string) error {
	r, err := store.OpenReader(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	snap, err := r.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	for line, err := range snap.Lines() {
		if err != nil {
			return err
		}
		want, rest, _ := strings.Cut(text, "\n")
		if string(line.Text) != want {
			return fmt.Errorf("the store has %s where the stream has %s", line.Text, want)
		}
		text = rest
	}
	if text != "" {
		return fmt.Errorf("the store ends %d bytes before the stream", len(text))
	}
	return nil
}

// cpuTime is what the process, or this thread of it, has used of its processors.
func cpuTime(who int) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(who, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
