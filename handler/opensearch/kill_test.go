package opensearch

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// numberEnv makes the test program a shipper of numbers: node's URL, stream, spool's directory, first number, end.
const numberEnv = "SLUICE_TEST_NUMBERS"

func numbers(url, stream, dir string) Options {
	return Options{
		Connection: Connection{URLs: []string{url}}, Stream: stream, Spool: dir, SpoolOptions: &SpoolOptions{MaxBytes: 32 << 20}, Overflow: Block,
		MaxBackoff: time.Second, Timeout: 10 * time.Second, MaxPending: 8 << 20, MaxBytes: 1 << 20,
		// A number that was taken and not told is logged again, as a line of a file is that is read again.
		ID: func(_ context.Context, r slog.Record) string { return "numbers-" + r.Message },
	}
}

func shipNumbers(env string) int {
	var url, stream, dir string
	var from, to int
	if _, err := fmt.Sscan(env, &url, &stream, &dir, &from, &to); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	o := numbers(url, stream, dir)
	h, err := NewHandler(&o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	out := bufio.NewWriter(os.Stdout)
	for i := from; i < to; i++ {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, strconv.Itoa(i), 0)
		r.AddAttrs(slog.Int("n", i), slog.String("stage", "denoise"), slog.String("audio_id", "aud_5f2c9a1be07d4c33"))
		if err := h.Handle(context.Background(), r); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if i%50 == 0 || i == to-1 {
			fmt.Fprintln(out, i)
			_ = out.Flush()
		}
	}
	if err := h.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestKilledNodesAndShippersLeaveEveryAcceptedRecordOnce ships as many records as SLUICE_KILL_RECORDS says, for example 1000000, while
// the node and the shipper are each killed three times.
func TestKilledNodesAndShippersLeaveEveryAcceptedRecordOnce(t *testing.T) {
	if os.Getenv("SLUICE_LONG") == "" {
		t.Skip("SLUICE_LONG=1 runs it: seven starts of a node take many minutes")
	}
	total := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("SLUICE_KILL_RECORDS")); err == nil {
		total = n
	}
	node := opensearchtest.Private(t, &opensearchtest.Options{Heap: "512m"})
	stream := newStream(t, node, "")
	node.Must(t, "PUT", "/_data_stream/"+stream, "", nil)
	dir := t.TempDir()
	began := time.Now()

	var told atomic.Int64 // numbers below this one were accepted
	type end struct {
		kills int
		err   error
	}
	shipped := make(chan end, 1)
	go func() {
		kills, err := killedShippers(t.Context(), node.URL, stream, dir, total, &told)
		shipped <- end{kills, err}
	}()
	for k := range 3 {
		for int(told.Load()) < total*(2*k+1)/6 && len(shipped) == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		node.Kill(t)
		node.Restart(t)
	}
	shippers := <-shipped
	if shippers.err != nil {
		t.Fatal(shippers.err)
	}
	var found struct {
		Aggregations struct {
			N struct{ Count, Min, Max, Sum float64 }
		}
	}
	node.Must(t, "POST", "/"+stream+"/_refresh", "", nil)
	node.Must(t, "POST", "/"+stream+"/_search", `{"size":0,"aggs":{"n":{"stats":{"field":"attributes.n"}}}}`, &found)
	n := found.Aggregations.N
	want := float64(total)
	if int(n.Count) != total || n.Min != 0 || n.Max != want-1 || n.Sum != want*(want-1)/2 || shippers.kills != 3 {
		t.Errorf("%v, want the numbers below %d; %d shippers killed", n, total, shippers.kills)
	}
	t.Logf("%d records, 3 nodes and 3 shippers killed, %.0f in the index, each once; %v", total, n.Count, time.Since(began).Round(time.Second))
}

// killedShippers runs shippers, one after the other, until one comes to the end. The first three are killed.
func killedShippers(ctx context.Context, url, stream, dir string, total int, told *atomic.Int64) (kills int, err error) {
	for run := 0; ; run++ {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), numberEnv+"="+fmt.Sprint(url, " ", stream, " ", dir, " ", told.Load(), " ", total))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return kills, err
		}
		if err := cmd.Start(); err != nil {
			return kills, err
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				return kills, err
			}
			told.Store(int64(n + 1))
			if run < 3 && n >= total*(run+1)/4 {
				_ = cmd.Process.Kill()
			}
		}
		err = cmd.Wait()
		if err == nil || cmd.ProcessState.Exited() {
			return kills, err
		}
		kills++
	}
}
