package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice/internal/childtest"
	"github.com/sluicelog/sluice/slogrec"
)

// types returns the types of the entries of a log, in order.
func types(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	r := mustVerify(t, dir, &VerifyOptions{Visit: func(e *Entry, _ []byte) error {
		out = append(out, e.Type)
		return nil
	}})
	if !r.Sound {
		t.Errorf("%+v", r)
	}
	return out
}

func count(s []string, want string) int {
	n := 0
	for _, v := range s {
		if v == want {
			n++
		}
	}
	return n
}

func TestLifecycleIsInTheLog(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 60, small())
	write(t, dir, 60, small())
	got := types(t, dir)
	if got[0] != TypeOpen || got[len(got)-1] != TypeClose || count(got, TypeOpen) != 2 || count(got, TypeClose) != 2 || count(got, TypeEvent) != 120 || count(got, TypeRotate) < 5 {
		t.Errorf("%v", got)
	}
	if n := len(entryFiles(t, dir)); n < 3 {
		t.Errorf("%d files of entries", n)
	}
	if b, err := filepath.Glob(filepath.Join(dir, "keys", "*next*")); err != nil || len(b) != 0 {
		t.Errorf("%v %v", b, err)
	}
}

func TestIdleLogsSignCheckpointsAndSendThemOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		rec := slogrec.New(nil)
		tr, err := Open(dir, &Options{IdleEvery: time.Minute, Anchor: rec})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		if n := tr.Stats().Checkpoints; n < 10 || n > 12 {
			t.Errorf("%d checkpoints in ten idle minutes", n)
		}
		mustClose(t, tr)
		if n := len(rec.Records()); n < 10 {
			t.Errorf("%d anchors", n)
		}
		if r := mustVerify(t, dir, &VerifyOptions{MaxAge: 2 * time.Minute}); !r.Sound {
			t.Errorf("%+v", r)
		}
	})
}

func TestAnAnchorThatPanicsIsReported(t *testing.T) {
	told := make(chan error, 10)
	tr := mustOpen(t, t.TempDir(), Options{Anchor: slogrec.New(slogrec.PanicWith("broken")), OnError: func(err error) { told <- err }})
	mustClose(t, tr)
	if err := <-told; !strings.Contains(err.Error(), "anchor: panic: broken") {
		t.Error(err)
	}
}

func TestALogThatDoesNotAgreeIsNotWrittenOn(t *testing.T) {
	sound := t.TempDir()
	write(t, sound, 600, small())
	for name, tc := range map[string]struct {
		entry  int
		tiles  bool
		opened bool
	}{
		"an early entry, the tree made anew": {5, true, false},
		"the last entry":                     {-1, false, false},
		// Opening costs the end of the log: this is for Verify.
		"an early entry": {5, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyTree(t, sound)
			f := newForger(t, dir, false)
			if tc.entry < 0 {
				tc.entry += len(f.entries)
			}
			f.entries[tc.entry] = edit(f.entries[tc.entry], reason("nothing happened"))
			f.finish(tc.tiles)
			tr, err := Open(dir, nil)
			if !tc.opened && (err == nil || !strings.Contains(err.Error(), "run sluice verify")) {
				t.Error(err)
			}
			if tc.opened && err != nil {
				t.Error(err)
			}
			if err == nil {
				mustClose(t, tr)
			}
			if r := mustVerify(t, dir, nil); r.Sound || tc.opened && r.FirstBad != int64(tc.entry) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The cells of the matrix: what is broken, and whether the file sink or the trail is.
func TestFailClosed(t *testing.T) {
	const deadline = 300 * time.Millisecond
	breaks := map[string]func(t *testing.T, dir string) (Sink, func()){
		"file removed": func(t *testing.T, dir string) (Sink, func()) {
			s, err := NewFileSink(filepath.Join(dir, "x.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			return s, func() { _ = os.Remove(filepath.Join(dir, "x.jsonl")) }
		},
		"file renamed": func(t *testing.T, dir string) (Sink, func()) {
			s, err := NewFileSink(filepath.Join(dir, "x.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			return s, func() { _ = os.Rename(filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "y")) }
		},
		"trail's file removed": func(t *testing.T, dir string) (Sink, func()) {
			tr := mustOpen(t, filepath.Join(dir, "trail"), Options{OnError: func(error) {}})
			return tr, func() {
				for _, n := range entryFiles(t, filepath.Join(dir, "trail")) {
					_ = os.Remove(n)
				}
			}
		},
		"trail's directory gone": func(t *testing.T, dir string) (Sink, func()) {
			tr := mustOpen(t, filepath.Join(dir, "trail"), Options{OnError: func(error) {}})
			return tr, func() { _ = os.RemoveAll(filepath.Join(dir, "trail")) }
		},
		"trail closed": func(t *testing.T, dir string) (Sink, func()) {
			tr := mustOpen(t, filepath.Join(dir, "trail"), Options{})
			return tr, func() { mustClose(t, tr) }
		},
		"sink that blocks for ever": func(t *testing.T, dir string) (Sink, func()) {
			fifo := filepath.Join(dir, "fifo")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Skip(err)
			}
			reader, err := os.OpenFile(fifo, os.O_RDWR, 0) // so that opening it to write does not wait, and nobody reads
			if err != nil {
				t.Fatal(err)
			}
			w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { reader.Close(); w.Close() })
			s := &FileSink{path: fifo, f: w}
			return s, func() {
				_ = w.SetWriteDeadline(time.Now().Add(-time.Second)) // fill the pipe
				_ = w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
				_, _ = w.Write(make([]byte, 1<<20))
				_ = w.SetWriteDeadline(time.Time{})
			}
		},
	}
	for name, prepare := range breaks {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, breakIt := prepare(t, dir)
			good := mustOpen(t, filepath.Join(dir, "good"), Options{})
			alone := mustHandler(t, &HandlerOptions{Deadline: deadline}, s)
			if err := Log(t.Context(), alone, "before", event(1)); err != nil {
				t.Fatal(err)
			}
			breakIt()
			start := time.Now()
			err := Log(t.Context(), alone, "after", event(2))
			if !errors.Is(err, ErrNotRecorded) || !strings.Contains(err.Error(), s.Name()) {
				t.Errorf("%v", err)
			}
			t.Logf("%v: %v", time.Since(start).Round(time.Millisecond), err)
			if err := Log(t.Context(), mustHandler(t, &HandlerOptions{Deadline: deadline, OnError: func(error) {}}, s, good), "one of two", event(3)); err != nil {
				t.Errorf("one of two: %v", err)
			}
			if err := Log(t.Context(), mustHandler(t, &HandlerOptions{Deadline: deadline, RequireAll: true}, s, good), "all", event(4)); !errors.Is(err, ErrNotRecorded) || !strings.Contains(err.Error(), s.Name()) {
				t.Errorf("RequireAll: %v", err)
			}
			told := make(chan error, 10)
			if err := Log(t.Context(), mustHandler(t, &HandlerOptions{Deadline: deadline, FailOpen: true, OnError: func(err error) { told <- err }}, s), "open", event(5)); err != nil || len(told) != 1 {
				t.Errorf("FailOpen: %v, told %d times", err, len(told))
			}
			h, err := NewHandler(nil, nil, s)
			if err != nil {
				t.Fatal(err)
			}
			if name != "sink that blocks for ever" && h.Healthy() == nil {
				t.Error("healthy")
			}
		})
	}
}

func TestASinkThatHangsIsGivenUp(t *testing.T) {
	free := make(chan struct{})
	s := &hanging{free: free}
	h, err := NewHandler(nil, &HandlerOptions{Deadline: time.Millisecond}, s)
	if err != nil {
		t.Fatal(err)
	}
	l := slog.New(h)
	for range maxHanging {
		_ = Log(t.Context(), l, "x", event(1))
	}
	err = Log(t.Context(), l, "x", event(1))
	if !errors.Is(err, ErrNotRecorded) || !strings.Contains(err.Error(), "64 earlier calls hang") || s.calls() != maxHanging || h.Healthy() == nil {
		t.Errorf("%v, %d calls", err, s.calls())
	}
	close(free)
}

type hanging struct {
	mu   sync.Mutex
	n    int
	free chan struct{}
}

func (h *hanging) Name() string   { return "hanging" }
func (h *hanging) Healthy() error { return nil }
func (h *hanging) calls() int     { h.mu.Lock(); defer h.mu.Unlock(); return h.n }
func (h *hanging) Record(context.Context, Body) error {
	h.mu.Lock()
	h.n++
	h.mu.Unlock()
	<-h.free
	return nil
}

// After erasing a subject nothing of what was planted is in any file, and the log verifies.
func TestErasure(t *testing.T) {
	dir := t.TempDir()
	tr := mustOpen(t, dir, small())
	l := mustHandler(t, nil, tr)
	planted := []string{"Ada Planted", "192.0.2.99", "Mozilla/Planted", "555-0199-planted", "planted-new", "planted@example.com", "subject-planted", "Target Planted"}
	e := Event{
		Actor: Actor{ID: "clerk", Name: planted[0]}, Action: "profile.update", Target: Target{ID: "account-7", Name: planted[7]},
		Origin: Origin{IP: planted[1], UserAgent: planted[2]}, Old: map[string]any{"phone": planted[3]}, New: map[string]any{"phone": planted[4]},
		Subject: planted[6], Personal: map[string]any{"mail": planted[5]},
	}
	other := e
	other.Subject, other.Personal = "somebody else", map[string]any{"mail": "other@example.com"}
	for range 30 {
		if err := errors.Join(Log(t.Context(), l, "Profile changed", e), Log(t.Context(), l, "Profile changed", other)); err != nil {
			t.Fatal(err)
		}
	}
	opened := func(tr *Trail) (read, erased int) {
		for i := range uint64(tr.Stats().Entries) {
			payload, err := readEntry(dir, i)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range append(planted, "other@example.com", "somebody else") {
				if strings.Contains(string(payload), p) {
					t.Fatalf("entry %d holds %q", i, p)
				}
			}
			var en Entry
			if err := json.Unmarshal(payload, &en); err != nil {
				t.Fatal(err)
			}
			b, err := en.Event()
			if err != nil || b.Sealed == nil {
				continue
			}
			switch err := tr.Unseal(&b); {
			case errors.Is(err, ErrErased):
				erased++
			case err != nil:
				t.Fatal(err)
			default:
				if b.Actor.Name != planted[0] || !strings.Contains(string(b.New), planted[4]) || len(b.Changes) != 1 {
					t.Fatalf("%+v", b)
				}
				read++
			}
		}
		return read, erased
	}
	if read, erased := opened(tr); read != 60 || erased != 0 {
		t.Errorf("%d read, %d erased", read, erased)
	}
	receipt, err := tr.Erase(t.Context(), planted[6], "asked")
	if err != nil {
		t.Fatal(err)
	}
	if read, erased := opened(tr); read != 30 || erased != 30 {
		t.Errorf("after: %d read, %d erased", read, erased)
	}
	if _, err := tr.Erase(t.Context(), planted[6], "again"); !errors.Is(err, ErrErased) {
		t.Error(err)
	}
	mustClose(t, tr)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, p := range planted {
			if strings.Contains(string(b)+path, p) {
				t.Errorf("%s holds %q", path, p)
			}
		}
		if strings.Contains(path, "subjects") && strings.Contains(string(b), receipt.Key) {
			t.Errorf("%s is the key of the erased subject", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(types(t, dir), TypeErase); n != 1 {
		t.Errorf("%d tombstones", n)
	}
	tr = mustOpen(t, dir, small())
	if read, erased := opened(tr); read != 30 || erased != 30 {
		t.Errorf("opened again: %d read, %d erased", read, erased)
	}
}

// A crash between tombstone and the end of the key is made good at the next opening.
func TestAnInterruptedErasureIsFinished(t *testing.T) {
	dir := t.TempDir()
	tr := mustOpen(t, dir, Options{})
	e := event(1)
	e.Subject = "s"
	if err := Log(t.Context(), mustHandler(t, nil, tr), "x", e); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "keys", "subjects", tr.ring.fileName("s"))
	key, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Erase(t.Context(), "s", ""); err != nil {
		t.Fatal(err)
	}
	mustClose(t, tr)
	if err := os.WriteFile(name, key, 0o600); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, dir, Options{}))
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the key is back")
	}
}

func init() {
	childtest.Register("log", func(dir string) int {
		o := small()
		o.CheckpointEvery = 5 * time.Millisecond
		tr, err := Open(dir, &o)
		if err != nil {
			fmt.Println("error", err)
			return 1
		}
		h, err := NewHandler(nil, nil, tr)
		if err != nil {
			fmt.Println("error", err)
			return 1
		}
		for w := range 4 {
			go func() {
				for i := 0; ; i++ {
					e := event(i)
					e.Operation = fmt.Sprintf("%d/%d/%d", os.Getpid(), w, i)
					if err := Log(context.Background(), slog.New(h), "x", e); err != nil {
						fmt.Println("error", err)
						os.Exit(1)
					}
					fmt.Println("have", e.Operation)
				}
			}()
		}
		select {}
	})
}

// What Log acknowledged is there after SIGKILL, and the log verifies.
func TestKill(t *testing.T) {
	rounds := 20
	if os.Getenv(long) != "" {
		rounds = 200
	}
	dir := t.TempDir()
	promised := map[string]bool{}
	for round := range rounds {
		cmd := childtest.Command(t, "log", dir)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			first := sync.OnceFunc(func() { close(started) })
			defer first()
			for r := bufio.NewReader(pipe); ; {
				line, err := r.ReadString('\n')
				if err != nil {
					return // a line without an end was cut by the kill
				}
				if op, ok := strings.CutPrefix(strings.TrimSpace(line), "have "); ok {
					promised[op] = true
				} else {
					t.Errorf("round %d: %s", round, line)
				}
				first()
			}
		}()
		<-started
		time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait()
		for _, f := range mustVerify(t, dir, nil).Findings { // as it was left: at most half an entry
			if !strings.Contains(f.Text, "bytes behind the last record") {
				t.Errorf("round %d: %s", round, f)
			}
		}
		tr := mustOpen(t, dir, small())
		mustClose(t, tr)
	}
	r := mustVerify(t, dir, &VerifyOptions{Visit: func(e *Entry, _ []byte) error {
		b, err := e.Event()
		delete(promised, b.Operation)
		return err
	}})
	if !r.Sound || len(promised) != 0 {
		t.Errorf("%d promised entries are missing; %+v", len(promised), r)
	}
	t.Logf("%d rounds, %d entries, %d epochs", rounds, r.Entries, r.Epochs)
}
