package opensearchtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A shared node is started by whoever needs it first and runs under a keeper: this program once more, detached. Who uses the
// node holds a shared lock on users.lock, which the kernel gives back however the user ends; the keeper stops the node when
// it gets that lock for itself twice, idleTime apart, and keeps it until the node is gone. The keeper holds keeper.lock from
// its start to its end. Starting is one at a time, under start.lock.

// keeperEnv tells a started program that it is a keeper, and of which directory.
const keeperEnv = "SLUICE_OPENSEARCH_KEEPER"

// idleTime is how long an unused node stays, so that the packages of one go test find it.
const idleTime = time.Minute

func init() {
	if dir := os.Getenv(keeperEnv); dir != "" {
		if err := keep(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// state is what a keeper says of its node.
type state struct{ URL, CAFile, User, Password string }

func (s state) server() *Server {
	return &Server{URL: s.URL, CAFile: s.CAFile, User: s.User, Password: s.Password}
}

// held keeps the locks of this process open until it ends.
var held struct {
	sync.Mutex
	files map[string]*os.File
}

// acquire returns the machine's shared node, started if need be, which stays at least as long as this process.
func acquire(ctx context.Context, secured bool) (*Server, error) {
	held.Lock()
	defer held.Unlock()
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	kind := "plain"
	if secured {
		kind = "secured"
	}
	dir := filepath.Join(cache, fmt.Sprintf("shared-%s-%s-%d", kind, Version, layout))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if held.files[kind] == nil {
		f, err := os.OpenFile(filepath.Join(dir, "users.lock"), os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return nil, err
		}
		if held.files == nil {
			held.files = map[string]*os.File{}
		}
		held.files[kind] = f
	}
	if err := waitLock(ctx, held.files[kind], false); err != nil {
		return nil, err
	}
	unlock, err := lockFile(ctx, filepath.Join(dir, "start.lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	return startShared(ctx, dir, secured)
}

func startShared(ctx context.Context, dir string, secured bool) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	lock, err := os.OpenFile(filepath.Join(dir, "keeper.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }()
	for started := false; ; {
		if s, ok := running(ctx, dir); ok {
			return s, nil
		}
		free, err := flock(lock, true)
		switch {
		case err != nil:
			return nil, err
		case free && started:
			return nil, fmt.Errorf("opensearchtest: the shared node did not start: %s", tail(filepath.Join(dir, "keeper.log")))
		case free:
			// Fetching is done here, where its errors are seen and where it is known what to skip.
			if _, err := install(ctx, filepath.Dir(dir), secured); err != nil {
				return nil, err
			}
			if err := startKeeper(dir, lock, spec{Secured: secured, Heap: "1g"}); err != nil {
				return nil, err
			}
			started = true
			// The lock belongs to the opened file, which the keeper has inherited: it stays when this one is closed.
			_ = lock.Close()
			if lock, err = os.OpenFile(filepath.Join(dir, "keeper.lock"), os.O_RDWR, 0o644); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("opensearchtest: the shared node did not start: %w: %s", context.Cause(ctx), tail(filepath.Join(dir, "keeper.log")))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// running returns the node that the state file names, if it answers.
func running(ctx context.Context, dir string) (*Server, bool) {
	text, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if err != nil {
		return nil, false
	}
	var st state
	if json.Unmarshal(text, &st) != nil {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	status, _, err := st.server().Do(ctx, "GET", "/_cluster/health", "")
	return st.server(), err == nil && status == 200
}

func startKeeper(dir string, lock *os.File, s spec) error {
	_ = os.Remove(filepath.Join(dir, "state.json"))
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "spec.json"), text, 0o644); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "keeper.log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self) //nolint:noctx // it outlives this process
	cmd.Env = append(os.Environ(), keeperEnv+"="+dir)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = dir, log, log, []*os.File{lock}
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// keep is the keeper's main function.
func keep(dir string) error {
	lock := os.NewFile(3, "keeper.lock")
	closeOnExec(lock)
	defer func() { _ = lock.Close() }()
	ctx, stop := signal.NotifyContext(context.Background(), terminations...)
	defer stop()
	text, err := os.ReadFile(filepath.Join(dir, "spec.json"))
	if err != nil {
		return err
	}
	var s spec
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	home, err := install(ctx, filepath.Dir(dir), s.Secured)
	if err != nil {
		return err
	}
	own := filepath.Join(dir, "node")
	if err := errors.Join(os.RemoveAll(own), os.Mkdir(own, 0o755)); err != nil {
		return err
	}
	n, err := newNode(home, own, s)
	if err != nil {
		return err
	}
	if err := n.start(ctx); err != nil {
		return err
	}
	stateFile := filepath.Join(dir, "state.json")
	err = writeState(stateFile, n.server())
	if err == nil {
		err = waitUnused(ctx, filepath.Join(dir, "users.lock"), n.done)
	}
	_ = os.Remove(stateFile)
	n.stop()
	return errors.Join(err, n.remove())
}

func writeState(file string, s *Server) error {
	text, err := json.Marshal(state{s.URL, s.CAFile, s.User, s.Password})
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".tmp", text, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}

// waitUnused returns when nobody has used the node for idleTime, when it has ended, or when this process is told to end. The
// lock that it then holds is given back by the process' end.
func waitUnused(ctx context.Context, file string, done <-chan struct{}) error {
	users, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	var since time.Time
	for {
		free, err := flock(users, true)
		switch {
		case err != nil:
			return err
		case !free:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= idleTime:
			return nil
		}
		if free {
			if err := funlock(users); err != nil {
				return err
			}
		}
		select {
		case <-done:
			return errors.New("opensearchtest: the shared node ended by itself")
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(lastLines(text, 15))
}
