//go:build unix

package journal

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/childtest"
)

func init() {
	// The child appends from four goroutines, reads and acknowledges in a fifth, and says each thing when it is done.
	childtest.Register("append", func(dir string) int {
		o := Options{SegmentBytes: 64 << 10, Sync: SyncPolicy(os.Getenv("JOURNAL_SYNC"))}
		j, _, err := Open(dir, &o)
		if err != nil {
			fmt.Println("error", err)
			return 1
		}
		round := os.Getenv("JOURNAL_ROUND")
		ctx := context.Background()
		for w := range 4 {
			go func() {
				for i := 0; ; i++ {
					a, b := fmt.Sprintf("%s/%d/%d/a", round, w, i), fmt.Sprintf("%s/%d/%d/b", round, w, i)
					pad := strings.Repeat("x", i*37%900)
					seq, err := j.Append(ctx, []byte(a+" "+pad), []byte(b+" "+pad))
					if err != nil {
						fmt.Println("error", err)
						os.Exit(1)
					}
					fmt.Printf("have %d %s\nhave %d %s\n", seq-1, a, seq, b)
				}
			}()
		}
		r := j.Reader(0)
		for n := 1; ; n++ {
			seq, _, err := r.Next(ctx)
			if err == nil && n%50 == 0 {
				err = j.Ack(seq)
				fmt.Println("done", seq)
			}
			if err != nil {
				fmt.Println("error", err)
				return 1
			}
		}
	})
}

// Killed at any moment, a journal has every record for which Append had returned, and gives none again that was
// acknowledged.
func TestKill(t *testing.T) {
	rounds := 24
	if os.Getenv(long) != "" {
		rounds = 300
	}
	dir := t.TempDir()
	acked, promised, total := uint64(0), map[uint64]string{}, 0
	for round := range rounds {
		cmd := childtest.Command(t, "append", dir, fmt.Sprintf("JOURNAL_ROUND=%d", round), "JOURNAL_SYNC="+string([]SyncPolicy{SyncAlways, SyncNone, SyncInterval}[round%3]))
		var out bytes.Buffer
		var mu sync.Mutex
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started := make(chan struct{})
		read := make(chan struct{})
		go func() {
			defer close(read)
			first := sync.OnceFunc(func() { close(started) })
			defer first()
			for in := bufio.NewScanner(pipe); in.Scan(); {
				mu.Lock()
				fmt.Fprintln(&out, in.Text())
				mu.Unlock()
				first()
			}
		}()
		<-started
		time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-read
		_ = cmd.Wait()
		lines := strings.Split(out.String(), "\n")
		for _, line := range lines[:len(lines)-1] {
			f := strings.Fields(line)
			if len(f) < 2 || f[0] == "error" {
				t.Fatalf("round %d: %q", round, line)
			}
			n, err := strconv.ParseUint(f[1], 10, 64)
			switch {
			case f[0] == "done" && err == nil:
				acked = max(acked, n)
			case f[0] == "have" && len(f) == 3:
				if old, ok := promised[n]; ok && old != f[2] {
					t.Fatalf("round %d: sequence %d is %s and %s", round, n, old, f[2])
				}
				promised[n] = f[2]
				total++
			} // else the line was cut by the kill
		}
		j, rec, err := Open(dir, &Options{SegmentBytes: 64 << 10})
		if err != nil {
			t.Fatal(err)
		}
		if rec.Acked < acked || rec.Lost != rec.Torn || rec.AckDamaged {
			t.Fatalf("round %d: acknowledged %d: %+v", round, acked, rec)
		}
		r := j.Reader(0)
		want := rec.Acked + 1
		for {
			seq, p, err := r.TryNext()
			if err != nil {
				break
			}
			id, _, _ := strings.Cut(string(p), " ")
			if seq != want || promised[seq] != "" && promised[seq] != id {
				t.Fatalf("round %d: %d %s, want %d %s", round, seq, id, want, promised[seq])
			}
			want++
			delete(promised, seq)
		}
		for n, id := range promised {
			if n > rec.Acked {
				t.Fatalf("round %d: %d %s was promised and is missing; %+v", round, n, id, rec)
			}
		}
		promised = map[uint64]string{}
		r.Close()
		mustClose(t, j)
	}
	t.Logf("%d rounds, %d records promised, acknowledged up to %d", rounds, total, acked)
}
