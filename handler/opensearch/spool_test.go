package opensearch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// spooling are options for a spool that is tried in short tests.
func spooling(dir string) Options {
	return Options{Spool: dir, MaxAge: time.Millisecond, MaxBackoff: 10 * time.Millisecond, Timeout: time.Second, MaxDocs: 100}
}

// closeSoon closes h as a process does that is not given the time.
func closeSoon(t *testing.T, h *Handler, left uint64) {
	t.Helper()
	patience := 50 * time.Millisecond
	if left == 0 {
		patience = time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := h.Close(ctx)
	if left == 0 && err != nil || left > 0 && (!errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "they stay in the spool")) {
		t.Errorf("close: %v", err)
	}
	if s := h.Stats(); s.Queued != left {
		t.Errorf("%d left by the books, want %d: %+v", s.Queued, left, s)
	}
}

func TestASpoolKeepsRecordsThroughAnOutageAndARestart(t *testing.T) {
	dir := t.TempDir()
	node := newFakeNode(t)
	node.before = func(int, bulk) *answer { return &lost }
	h, _ := start(t, node, spooling(dir))
	write(t, h, "m", 500)
	if s := h.Stats(); s.Offered != 500 || s.Queued != 500 || s.SpooledBytes == 0 {
		t.Errorf("stats %+v", s)
	}
	closeSoon(t, h, 500)
	if len(node.stored()) != 0 {
		t.Fatal("stored")
	}

	node.before = nil
	h, _ = start(t, node, spooling(dir))
	if s := h.Stats(); s.Replayed != 500 {
		t.Errorf("stats %+v", s)
	}
	for i := 500; i < 600; i++ {
		if err := h.Handle(context.Background(), slog.NewRecord(time.Now(), 0, fmt.Sprint("m", i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, h)
	wantOnce(t, node, "m", 600)
	if s := h.Stats(); s.Delivered != 600 || s.Queued != 0 || s.Dropped+s.Failed > 0 {
		t.Errorf("stats %+v", s)
	}
	closeSoon(t, h, 0)

	h, _ = start(t, node, spooling(dir))
	if s := h.Stats(); s.Replayed != 0 {
		t.Errorf("delivered records came again: %+v", s)
	}
}

func TestASpoolIsForOneHandler(t *testing.T) {
	dir := t.TempDir()
	start(t, newFakeNode(t), spooling(dir))
	if _, err := build((&Options{Spool: dir}).withDefaults(), newFakeNode(t)); err == nil || !strings.Contains(err.Error(), "another writer has it") {
		t.Errorf("a second handler: %v", err)
	}
}

func TestARestartAfterARolloverStoresNothingTwice(t *testing.T) {
	dir := t.TempDir()
	node := newFakeNode(t)
	o := spooling(dir)
	o.MaxAge, o.InFlight = 100*time.Millisecond, 64 // however slowly documents are logged, no more requests than may be under way
	h, _ := start(t, node, o)
	write(t, h, "m", 100)
	flush(t, h)
	node.after = func(int, bulk) *answer { return &answer{hang: true} } // stored, and the process dies before it knows
	for i := 100; i < 300; i++ {
		_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), 0, fmt.Sprint("m", i), 0))
	}
	for deadline := time.Now().Add(10 * time.Second); len(node.stored()) < 300 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	closeSoon(t, h, 200)
	node.after = nil
	node.rollover()
	node.rollover()

	h, _ = start(t, node, spooling(dir))
	for i := 300; i < 400; i++ {
		_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), 0, fmt.Sprint("m", i), 0))
	}
	flush(t, h)
	wantOnce(t, node, "m", 400)
	if s := h.Stats(); s.Duplicates != 200 || s.Unpinned != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestAFullSpool(t *testing.T) {
	large := strings.Repeat("x", 30<<10)
	fill := func(t *testing.T, h *Handler, n int) (refused uint64) {
		for i := range n {
			r := slog.NewRecord(time.Now(), 0, fmt.Sprint("m", i), 0)
			r.AddAttrs(slog.String("large", large))
			if err := h.Handle(context.Background(), r); errors.Is(err, ErrFull) {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return refused
	}
	t.Run("refuses", func(t *testing.T) {
		node := newFakeNode(t)
		node.before = func(int, bulk) *answer { return &lost }
		o := spooling(t.TempDir())
		o.SpoolOptions = &SpoolOptions{MaxBytes: minSpool}
		h, _ := start(t, node, o)
		refused := fill(t, h, 500)
		if s := h.Stats(); refused == 0 || s.Dropped != refused || s.Queued+s.Dropped != 500 || s.SpooledBytes > minSpool {
			t.Errorf("%d refused, stats %+v", refused, s)
		}
		if err := h.Health(); err == nil || !strings.Contains(err.Error(), "of the spool are taken") {
			t.Errorf("health: %v", err)
		}
		closeSoon(t, h, 500-refused)
	})
	t.Run("evicts the oldest", func(t *testing.T) {
		node := newFakeNode(t)
		var up atomic.Bool
		node.before = func(int, bulk) *answer {
			if up.Load() {
				return nil
			}
			return &lost
		}
		o := spooling(t.TempDir())
		o.SpoolOptions, o.MaxPending, o.MaxBytes = &SpoolOptions{MaxBytes: minSpool, EvictOldest: true}, 100<<10, 64<<10
		h, _ := start(t, node, o)
		if refused := fill(t, h, 500); refused > 0 {
			t.Errorf("%d refused", refused)
		}
		up.Store(true)
		flush(t, h)
		s := h.Stats()
		if stored := node.stored(); uint64(len(stored)) != s.Delivered || stored["m499"] != 1 || s.Dropped == 0 || s.Delivered+s.Dropped != 500 {
			t.Errorf("%d stored, stats %+v", len(stored), s)
		}
	})
	t.Run("lets the caller wait", func(t *testing.T) {
		node := newFakeNode(t)
		node.before = onlyFirst(20, lost)
		o := spooling(t.TempDir())
		o.SpoolOptions, o.Overflow = &SpoolOptions{MaxBytes: minSpool}, Block
		h, _ := start(t, node, o)
		fill(t, h, 500)
		flush(t, h)
		wantOnce(t, node, "m", 500)
	})
}

func TestARecordThatIsRejectedLeavesTheSpool(t *testing.T) {
	dir := t.TempDir()
	node, tries := newFakeNode(t), 0
	node.item = poison(400, "mapper_parsing_exception", &tries)
	o := spooling(dir)
	o.DeadLetters = filepath.Join(dir, "dead.jsonl")
	h, _ := start(t, node, o)
	write(t, h, "m", 10)
	flush(t, h)
	closeSoon(t, h, 0)
	h, _ = start(t, node, spooling(dir))
	if s := h.Stats(); s.Replayed != 0 || len(letters(t, o.DeadLetters)) != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestASpoolKeepsTheOrderOfItsProducers(t *testing.T) {
	node := newFakeNode(t)
	o := spooling(t.TempDir())
	o.InFlight = 1
	h, _ := start(t, node, o)
	done := make(chan struct{})
	for g := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 300 {
				_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), 0, fmt.Sprintf("%d %d", g, i), 0))
			}
		}()
	}
	for range 4 {
		<-done
	}
	flush(t, h)
	last := map[int]int{}
	for _, b := range node.requests() {
		for _, d := range b.docs {
			var g, i int
			at := bytes.Index(d, []byte(`"body":"`))
			if _, err := fmt.Sscanf(string(d[at+len(`"body":"`):]), "%d %d", &g, &i); err != nil {
				t.Fatal(err)
			}
			if i != last[g] {
				t.Fatalf("producer %d: %d came when %d was due", g, i, last[g])
			}
			last[g]++
		}
	}
}

func TestWhatWasSentIsKnownAfterDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sent")
	reopen := func() (uint64, string) {
		t.Helper()
		s, err := openSent(path, true)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		return s.state()
	}
	if frame, since := reopen(); frame != 0 || since != "" {
		t.Errorf("new: %d %q", frame, since)
	}
	s, _ := openSent(path, true)
	for _, step := range []struct {
		frame, settled uint64
		write          string
	}{{10, 0, "a"}, {20, 5, "a"}, {30, 9, "b"}, {40, 15, "b"}} {
		if err := s.sending(step.frame, step.settled, step.write); err != nil {
			t.Fatal(err)
		}
	}
	_ = s.close()
	if frame, since := reopen(); frame != 40 || since != "a" {
		t.Errorf("%d %q, want 40, and a: frames 16 to 20 may be there", frame, since)
	}
	text, _ := os.ReadFile(path)
	for range 200 {
		damaged := bytes.Clone(text)
		damaged[rand.IntN(len(damaged))] ^= 1 << rand.IntN(8)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if frame, since := reopen(); frame != math.MaxUint64 || since != "" {
			t.Fatalf("damaged: %d %q, want that all are suspect", frame, since)
		}
	}
	for n := range len(text) {
		_ = os.WriteFile(path, text[:n], 0o600)
		if frame, _ := reopen(); n > 0 && frame != math.MaxUint64 || n == 0 && frame != 0 {
			t.Fatalf("cut to %d bytes: %d", n, frame)
		}
	}
}

// ServeHTTP lets a fake node be asked over the network.
func (f *fakeNode) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	status, reply, err := f.Do(r.Context(), r.Method, r.URL.RequestURI(), r.Header, body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = w.Write(reply)
}

// killEnv makes the test program a shipper that waits to be killed: node's URL, spool's directory.
const killEnv = "SLUICE_TEST_SHIPPER"

func TestMain(m *testing.M) {
	if at, dir, ok := strings.Cut(os.Getenv(killEnv), " "); ok {
		shipUntilKilled(at, dir)
	}
	if env := os.Getenv(numberEnv); env != "" {
		os.Exit(shipNumbers(env))
	}
	verify(m)
}

// shipUntilKilled logs records, saying of each that it was accepted.
func shipUntilKilled(url, dir string) {
	o := spooling(dir)
	o.Connection.URLs = []string{url}
	h, err := NewHandler(&o)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	out := bufio.NewWriter(os.Stdout)
	for i := 0; ; i++ {
		name := fmt.Sprintf("%d-%d", os.Getpid(), i)
		if err := h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, name, 0)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_, _ = out.WriteString(name + "\n")
		_ = out.Flush()
	}
}

func TestKilledShippersStoreEveryAcceptedRecordOnce(t *testing.T) {
	rounds := 12
	if n, err := strconv.Atoi(os.Getenv("SLUICE_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	node := newFakeNode(t)
	node.after = func(n int, _ bulk) *answer {
		switch n % 7 {
		case 2:
			return &lost
		case 5:
			node.rollover()
		}
		return nil
	}
	srv := httptest.NewServer(node)
	defer srv.Close()
	dir := t.TempDir()
	accepted := map[string]bool{}
	for range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), killEnv+"="+srv.URL+" "+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := 200 + rand.IntN(5000)
		for n, lines := 0, bufio.NewScanner(out); lines.Scan(); n++ {
			accepted[lines.Text()] = true
			if n == last {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
	}
	o := spooling(dir)
	o.Connection.URLs = []string{srv.URL}
	h, err := NewHandler(&o)
	if err != nil {
		t.Fatal(err)
	}
	flush(t, h)
	if err := h.Close(context.Background()); err != nil {
		t.Error(err)
	}
	stored := node.stored()
	for name := range accepted {
		if stored[name] != 1 {
			t.Errorf("%s was accepted and is there %d times", name, stored[name])
		}
	}
	for name, n := range stored {
		if n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	if len(accepted) < 200*rounds || len(stored) > len(accepted)+rounds {
		t.Errorf("%d accepted, %d stored", len(accepted), len(stored))
	}
	t.Logf("%d rounds: %d records accepted, %d stored, %d rollovers", rounds, len(accepted), len(stored), len(node.indices)-1)
}

func TestADamagedSpoolDeliversTheRestAndTellsWhatItLost(t *testing.T) {
	dir := t.TempDir()
	node := newFakeNode(t)
	node.before = func(int, bulk) *answer { return &lost }
	h, _ := start(t, node, spooling(dir))
	const n = 30_000
	for i := range n {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0)
		r.AddAttrs(slog.String("filler", strings.Repeat("x", 1000)))
		if err := h.Handle(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	closeSoon(t, h, n)
	segments, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(segments) < 2 {
		t.Fatalf("segments %v, %v", segments, err)
	}
	text, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	text[bytes.Index(text, []byte(`"m77"`))+2] ^= 1
	if err := os.WriteFile(segments[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	node.before = nil
	h, log := start(t, node, spooling(dir))
	flush(t, h)
	if s := h.Stats(); s.Replayed != n || s.Delivered != n-1 || s.Dropped != 1 || s.Queued != 0 {
		t.Errorf("stats %+v", s)
	}
	if all := node.stored(); len(all) != n-1 || all["m77"] != 0 {
		t.Errorf("%d documents, m77 %d times", len(all), all["m77"])
	}
	if !strings.Contains(log.String(), "1 records are damaged and lost") {
		t.Errorf("errors: %s", log)
	}
}
