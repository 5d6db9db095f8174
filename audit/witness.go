package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Witness is shown checkpoints, each with a proof that it goes on from the one of old entries. It remembers the last, so
// that nobody can go back behind it.
type Witness interface {
	Name() string
	// Size is the size of the last checkpoint that the witness has, as far as is known here.
	Size() int64
	Add(ctx context.Context, old int64, proof []tlog.Hash, c Checkpoint) error
}

// FileWitness appends the signed notes to a file, which should be on another host. `sluice verify --anchor` reads it.
type FileWitness struct{ path string }

// NewFileWitness returns a witness that appends to path.
func NewFileWitness(path string) *FileWitness { return &FileWitness{path} }

// Name names the witness in errors.
func (w *FileWitness) Name() string { return "file " + w.path }

// Size is 0: a file asks for no proof.
func (w *FileWitness) Size() int64 { return 0 }

// Add appends the note and an empty line.
func (w *FileWitness) Add(_ context.Context, _ int64, _ []tlog.Hash, c Checkpoint) error {
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(bytes.Clone(c.Note), '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// HTTPWitness is a client of a C2SP tlog-witness: POST add-checkpoint, answered by a cosignature.
type HTTPWitness struct {
	url      string
	verifier note.Verifier
	client   *http.Client

	mu   sync.Mutex
	size int64
	last []byte
}

// NewHTTPWitness returns a client for the witness at url (without add-checkpoint). key is the witness's verifier key in the
// Ed25519 form of signed notes, to check its answers with; "" takes them unchecked. client may be nil.
func NewHTTPWitness(url, key string, client *http.Client) (*HTTPWitness, error) {
	w := &HTTPWitness{url: strings.TrimSuffix(url, "/") + "/add-checkpoint", client: client}
	if w.client == nil {
		w.client = &http.Client{Timeout: 10 * time.Second}
	}
	if key != "" {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("audit: witness %s: key: %w", url, err)
		}
		w.verifier = v
	}
	return w, nil
}

// Name names the witness in errors.
func (w *HTTPWitness) Name() string { return "witness " + w.url }

// Size is the size of the last checkpoint that the witness took, by its own word.
func (w *HTTPWitness) Size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// Cosigned returns the last checkpoint with the witness's signature, nil when there is none yet.
func (w *HTTPWitness) Cosigned() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.last)
}

// errWitnessSize says that the witness has another size than we thought.
var errWitnessSize = errors.New("the witness has another size")

// Add sends the checkpoint. When the witness has another one than we thought it says so, and the error says to try again
// with Size.
func (w *HTTPWitness) Add(ctx context.Context, old int64, proof []tlog.Hash, c Checkpoint) error {
	var body bytes.Buffer
	fmt.Fprintf(&body, "old %d\n", old)
	for _, h := range proof {
		fmt.Fprintln(&body, base64.StdEncoding.EncodeToString(h[:]))
	}
	body.WriteByte('\n')
	body.Write(c.Note)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, &body)
	if err != nil {
		return err
	}
	res, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 16<<10))
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusConflict:
		size, perr := strconv.ParseInt(strings.TrimSpace(string(answer)), 10, 64)
		if perr != nil || size < 0 {
			return fmt.Errorf("status 409 without a size")
		}
		if size > c.Size {
			return fmt.Errorf("it has seen %d entries, and this log has %d: the log was rolled back", size, c.Size)
		}
		w.size = size
		return errWitnessSize
	default:
		return fmt.Errorf("status %s: %.200q", res.Status, answer)
	}
	cosigned := append(bytes.Clone(c.Note), answer...)
	if w.verifier != nil {
		if _, err := note.Open(cosigned, note.VerifierList(w.verifier)); err != nil {
			return fmt.Errorf("its signature: %w", err)
		}
	}
	w.size, w.last = c.Size, cosigned
	return nil
}

// publisher sends checkpoints out, so that nobody who has the directory alone can rewrite it.
func (t *Trail) publisher(done chan<- struct{}) {
	defer close(done)
	for c := range t.publish {
		if t.opts.Anchor != nil {
			t.report("anchor", func() error { return t.anchor(c) })
		}
		for _, w := range t.opts.Witnesses {
			t.report(w.Name(), func() error { return t.show(w, c) })
		}
	}
}

// report reports what is wrong with sending a checkpoint out; a panic is an error here.
func (t *Trail) report(to string, send func() error) {
	defer func() {
		if p := recover(); p != nil {
			t.errs.Report(fmt.Errorf("audit: %s: panic: %v", to, p))
		}
	}()
	if err := send(); err != nil {
		t.errs.Report(fmt.Errorf("audit: %s: %w", to, err))
	}
}

func (t *Trail) anchor(c Checkpoint) error {
	r := slog.NewRecord(c.Time, slog.LevelInfo, AnchorMessage, 0)
	r.AddAttrs(slog.String("origin", c.Origin), slog.Int64("size", c.Size), slog.String("root", base64.StdEncoding.EncodeToString(c.Root[:])), slog.String("note", string(c.Note)))
	return t.opts.Anchor.Handle(context.Background(), r)
}

// AnchorMessage is the message of the records that carry checkpoints out of the log.
const AnchorMessage = "audit checkpoint"

func (t *Trail) show(w Witness, c Checkpoint) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for range 3 {
		old := w.Size()
		proof, err := t.proveTree(c.Size, old)
		if err != nil {
			return err
		}
		if err = w.Add(ctx, old, proof, c); !errors.Is(err, errWitnessSize) {
			return err
		}
	}
	return errWitnessSize
}

// proveTree proves that the tree of size entries goes on from the one of old. The tiles of a later checkpoint may have taken the
// place of those of this one, which hold all that the proof needs.
func (t *Trail) proveTree(size, old int64) ([]tlog.Hash, error) {
	if old == 0 || old == size {
		return nil, nil
	}
	for range 5 { // the tiles move on while checkpoints are signed
		r := &hashReader{dir: t.dir, size: t.Stats().Covered}
		proof, err := tlog.ProveTree(size, old, r)
		if err == nil {
			return proof, nil
		}
	}
	return tlog.ProveTree(size, old, &hashReader{dir: t.dir, size: t.Stats().Covered})
}
