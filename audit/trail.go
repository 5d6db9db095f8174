package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/internal/scope"
)

// Directories and files of a log.
const (
	entriesDir     = "entries"
	notesDir       = "notes"
	checkpointFile = "checkpoint"
)

// ErrNotRecorded is what the error of Log, Handle and Record wraps when an entry is not known to be on disk.
var ErrNotRecorded = errors.New("audit: not recorded")

// ErrClosed is the error of everything after Close.
var ErrClosed = fmt.Errorf("audit: %w", os.ErrClosed)

// Trail is the tamper-evident log in a directory: entries in a journal, their Merkle tree, signed checkpoints. It is a Sink
// and safe for concurrent use. Callers that come together share one fsync.
type Trail struct {
	dir, keyDir string
	opts        Options
	errs        onerror.Sink
	entries     *journal.Journal
	notes       *journal.Journal
	ring        *KeyRing
	session     string
	public      string

	mu      sync.Mutex
	queue   []*request
	closed  bool
	refused uint64
	why     string // the first of the refusals
	health  error  // of the last commit
	sealed  error  // of the last checkpoint
	stats   Stats
	wake    chan struct{}

	// Of the committer.
	tree     tree
	stale    []string // partial tiles of earlier checkpoints
	prev     string
	recorded time.Time
	key      *signingKey
	last     Checkpoint
	epochAt  time.Time
	segments int
	callers  int // of the last commit and waiting behind it
	buf      []byte

	publish chan Checkpoint
	stop    chan struct{}
	ended   chan struct{}
	closing sync.Once
	err     error

	erasing sync.Mutex // guards the list of erased keys
}

// request is an entry that waits to be on disk.
type request struct {
	typ   string
	body  []byte
	gone  atomic.Bool // its caller has given up
	index uint64
	done  chan error
}

// Stats are the books of a Trail.
type Stats struct {
	// Entries is the size of the log, Covered how many of them the last checkpoint covers.
	Entries, Covered int64
	// Recorded and Refused count calls since Open. Commits counts the fsyncs that served them.
	Recorded, Refused, Commits uint64
	// Checkpoints counts those that were signed since Open, Epoch is the number of the current signing key.
	Checkpoints uint64
	Epoch       int64
	// LastCheckpoint is the time of the last one.
	LastCheckpoint time.Time
}

// Open opens the log in dir, which is made if need be, and records that it did. It costs the end of the log alone, however long that is: it
// checks the last checkpoint with the current key, the tree's edge with the checkpoint and the last entries with the tree, and
// fails when they do not agree: such a log is evidence and is not written on. Verify checks the rest. A torn entry at the end,
// whose call never returned, is cut and said so in the entry.
func Open(dir string, opts *Options) (*Trail, error) { return open(dir, opts, nil) }

func open(dir string, opts *Options, fsys journal.FS) (_ *Trail, err error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	o := opts.resolved()
	t := &Trail{
		dir: dir, keyDir: or(o.KeyDir, filepath.Join(dir, "keys")), opts: o, errs: onerror.Sink{Component: "audit", Func: o.OnError},
		session: scope.NewID(), wake: make(chan struct{}, 1), publish: make(chan Checkpoint, 64), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	if err := os.MkdirAll(t.keyDir, 0o700); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	jopts := &journal.Options{Sync: journal.SyncAlways, Keep: true, ScanLast: true, SegmentBytes: o.SegmentBytes, OnError: o.OnError, FS: fsys}
	entries, rec, err := journal.Open(filepath.Join(dir, entriesDir), jopts)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	t.entries = entries
	notes, nrec, err := journal.Open(filepath.Join(dir, notesDir), &journal.Options{Sync: journal.SyncAlways, Keep: true, ScanLast: true, SegmentBytes: 256 << 10, OnError: o.OnError})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("audit: %w", err), entries.Close(context.Background()))
	}
	t.notes = notes
	defer func() {
		if err != nil {
			err = errors.Join(err, entries.Close(context.Background()), notes.Close(context.Background()))
		}
	}()
	if rec.Lost > rec.Torn || nrec.Lost > nrec.Torn {
		return nil, fmt.Errorf("audit: %s: entries or checkpoints are missing or damaged: run sluice verify", dir)
	}
	if err := t.load(); err != nil {
		return nil, err
	}
	if t.ring, err = OpenKeyRing(t.keyDir, o.MasterKey); err != nil {
		return nil, err
	}
	if err := t.finishErasures(); err != nil {
		return nil, err
	}
	t.segments = entries.Stats().Segments
	details := map[string]any{"epoch": t.key.Epoch}
	if rec.TornBytes > 0 {
		details["cut_bytes"] = rec.TornBytes
	}
	if err := t.commit([]*request{t.lifecycle(TypeOpen, "audit log opened", details)}); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if err := t.checkpoint(); err != nil {
		return nil, err
	}
	go t.run()
	return t, nil
}

// lifecycle makes an entry about the log itself.
func (t *Trail) lifecycle(typ, msg string, details map[string]any) *request {
	host, _ := os.Hostname()
	b, _ := json.Marshal(Body{
		ID: scope.NewID(), Time: time.Now().UTC(), Message: msg, Action: "audit." + typ, Kind: KindExecute, Outcome: Success, Details: details,
		Actor: Actor{ID: "pid " + strconv.Itoa(os.Getpid()), Type: "service"}, Origin: Origin{Host: host},
	})
	return &request{typ: typ, body: b, done: make(chan error, 1)}
}

// PublicKey is the key of epoch 0, in the form of a signed note's verifier key. Who verifies pins it.
func (t *Trail) PublicKey() string { return t.public }

// Name is the sink's name in errors.
func (t *Trail) Name() string { return "trail " + t.dir }

// Record puts an event into the log and returns when it is on disk.
func (t *Trail) Record(ctx context.Context, b Body) error {
	_, err := t.Append(ctx, b)
	return err
}

// Append is Record and returns the index of the entry. When ctx ends first, the entry may be in the log or not.
func (t *Trail) Append(ctx context.Context, b Body) (uint64, error) {
	body, err := json.Marshal(b)
	if err != nil {
		return 0, t.notRecorded(err)
	}
	return t.enqueue(ctx, &request{typ: TypeEvent, body: body, done: make(chan error, 1)})
}

func (t *Trail) notRecorded(err error) error {
	return fmt.Errorf("%w: %s: %w", ErrNotRecorded, t.Name(), err)
}

func (t *Trail) enqueue(ctx context.Context, r *request) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, t.notRecorded(context.Cause(ctx))
	}
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return 0, t.notRecorded(ErrClosed)
	}
	t.queue = append(t.queue, r)
	t.mu.Unlock()
	t.nudge()
	select {
	case err := <-r.done:
		if err != nil {
			return 0, t.notRecorded(err)
		}
		return r.index, nil
	case <-ctx.Done():
		r.gone.Store(true)
		t.mu.Lock()
		t.stats.Refused++
		t.mu.Unlock()
		return 0, t.notRecorded(fmt.Errorf("no answer from the disk: %w", context.Cause(ctx)))
	}
}

func (t *Trail) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Healthy returns why the last write or the last checkpoint failed, nil when both went well.
func (t *Trail) Healthy() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return ErrClosed
	case t.health != nil:
		return t.notRecorded(t.health)
	case t.sealed != nil:
		return fmt.Errorf("audit: %s: checkpoint: %w", t.Name(), t.sealed)
	}
	return nil
}

// Stats returns the books now.
func (t *Trail) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stats
}

// Flush waits until what was recorded before is on disk, which it is when Record has returned.
func (t *Trail) Flush(ctx context.Context) error { return t.entries.Sync(ctx) }

// Close records the end, signs the last checkpoint and gives up the log. When ctx ends first the rest goes on behind it.
func (t *Trail) Close(ctx context.Context) error {
	t.closing.Do(func() {
		t.mu.Lock()
		t.closed = true
		t.mu.Unlock()
		close(t.stop)
	})
	select {
	case <-t.ended:
		return t.err
	case <-ctx.Done():
		return fmt.Errorf("audit: close: %w", context.Cause(ctx))
	}
}
