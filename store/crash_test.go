package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// child appends records until it is killed, and says of each call's end which record it has acknowledged. It seals, compacts and
// erases all the time.
func child(dir string) {
	from, _ := strconv.Atoi(os.Getenv("SLUICE_STORE_FROM"))
	s, err := Open(dir, &Options{Sync: SyncPolicy(os.Getenv("SLUICE_STORE_SYNC")), SegmentRecords: 150, Interval: 5 * time.Millisecond})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	go func() {
		for i := 0; ; i++ {
			if i%3 == 2 {
				if _, err := s.Erase(context.Background(), "user_id", "u_007"); err != nil {
					fmt.Println("error", err)
				}
				continue
			}
			if _, err := s.Compact(context.Background()); err != nil {
				fmt.Println("error", err)
			}
		}
	}()
	for i := from; ; i++ {
		if err := s.Append([]byte(record(i))); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		if s.opts.Sync == SyncAlways {
			fmt.Println(i)
		} else if i%50 == 49 {
			if err := s.Flush(context.Background()); err != nil {
				fmt.Println("error", err)
			}
			fmt.Println(i)
		}
	}
}

func TestAKilledWriterLosesNothingThatIsAcknowledged(t *testing.T) {
	rounds := 24
	if os.Getenv("SLUICE_LONG") != "" {
		rounds = 300
	}
	if testing.Short() {
		rounds = 6
	}
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	acked, next := -1, 0
	for round := range rounds {
		sync := []SyncPolicy{SyncAlways, SyncInterval, SyncNone}[round%3]
		acked = kill(t, dir, sync, next, acked, time.Duration(20+r.IntN(150))*time.Millisecond)
		s, rec, err := Recover(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Lost > 1 { // the frame that was being written
			t.Fatalf("round %d: %+v", round, rec)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		next = check(t, dir, acked)
		if t.Failed() {
			t.Fatalf("round %d, %s", round, sync)
		}
	}
	t.Logf("%d rounds, %d records", rounds, next)
}

// kill runs a writer for a while and returns the last record that it has acknowledged.
func kill(t *testing.T, dir string, sync SyncPolicy, from, acked int, after time.Duration) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "SLUICE_STORE_CHILD="+dir, "SLUICE_STORE_FROM="+strconv.Itoa(from), "SLUICE_STORE_SYNC="+string(sync))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Error(lines.Text())
		}
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			acked = n
		}
	}
	_ = cmd.Wait() // killed
	return acked
}

// check reads the store: every record up to the acknowledged one is there once, in order, but for the erased subject; and what
// is behind has no holes. It returns the next record.
func check(t *testing.T, dir string, acked int) int {
	t.Helper()
	last := -1
	for _, line := range contents(t, dir) {
		at := strings.LastIndex(line, `"n":`)
		n, err := strconv.Atoi(strings.TrimSuffix(line[at+4:], "}"))
		if err != nil || line != record(n) {
			t.Fatalf("%s: %v", line, err)
		}
		for i := last + 1; i < n; i++ {
			if i%10 != 7 {
				t.Errorf("record %d is missing", i)
			}
		}
		if n <= last {
			t.Errorf("record %d is behind %d", n, last)
		}
		last = n
	}
	for i := last + 1; i <= acked; i++ {
		if i%10 != 7 {
			t.Errorf("record %d was acknowledged", i)
		}
	}
	return max(last, acked) + 1
}
