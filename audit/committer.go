package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// run is the committer: it takes what waits, writes it with one fsync, and signs checkpoints.
func (t *Trail) run() {
	published := make(chan struct{})
	go t.publisher(published)
	tick := time.NewTicker(min(t.opts.CheckpointEvery, t.opts.IdleEvery))
	defer tick.Stop()
	for {
		due := false
		select {
		case <-t.wake:
			t.gather()
		case <-tick.C:
			due = true
		case <-t.stop:
			t.drain()
			err := t.commit([]*request{t.lifecycle(TypeClose, "audit log closed", nil)})
			if err == nil {
				err = t.checkpoint()
			}
			close(t.publish)
			<-published
			t.err = errors.Join(err, t.entries.Close(context.Background()), t.notes.Close(context.Background()))
			close(t.ended)
			return
		}
		t.drain()
		fresh := t.tree.size - t.last.Size
		if fresh >= int64(t.opts.CheckpointEntries) || due && (fresh > 0 || time.Since(t.last.Time) >= t.opts.IdleEvery) {
			err := t.checkpoint()
			if err == nil && (t.last.Size-t.key.Start >= t.opts.EpochEntries || time.Since(t.epochAt) >= t.opts.EpochEvery) {
				err = t.newEpoch()
			}
			t.errs.Report(err)
			t.mu.Lock()
			t.sealed = err
			t.mu.Unlock()
		}
	}
}

// maxGather is how long the committer waits for callers that were there before.
const maxGather = 200 * time.Microsecond

// gather gives the callers that have just been answered the time to come back, so that all share the next fsync rather than
// one half after the other. A caller alone does not wait.
func (t *Trail) gather() {
	if t.callers < 2 {
		return
	}
	for start := time.Now(); time.Since(start) < maxGather; runtime.Gosched() {
		t.mu.Lock()
		n := len(t.queue)
		t.mu.Unlock()
		if n >= t.callers {
			return
		}
	}
}

// maxBatch bounds what one commit writes.
const maxBatch = 4096

func (t *Trail) drain() {
	for {
		t.mu.Lock()
		n := min(len(t.queue), maxBatch)
		batch := t.queue[:n:n]
		t.queue = t.queue[n:]
		t.mu.Unlock()
		if n == 0 {
			return
		}
		_ = t.commit(batch) // told to each
		t.mu.Lock()
		t.callers = n + len(t.queue)
		t.mu.Unlock()
		t.gather()
	}
}

// commit writes a batch and answers its callers.
func (t *Trail) commit(batch []*request) error {
	t.mu.Lock()
	refused, why := t.refused, t.why
	t.mu.Unlock()
	var all []*request
	if refused > 0 {
		all = append(all, t.lifecycle(TypeRefused, "audit writes were refused", map[string]any{"count": refused, "reason": why}))
	}
	if n := t.entries.Stats().Segments; n > t.segments && t.segments > 0 {
		all = append(all, t.lifecycle(TypeRotate, "audit log begins a file", map[string]any{"files": n}))
		t.segments = n
	}
	for _, r := range batch {
		if !r.gone.Load() {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return nil
	}
	next, prev, recorded := uint64(t.tree.size), t.prev, time.Now().UTC()
	if recorded.Before(t.recorded) {
		recorded = t.recorded
	}
	t.buf = t.buf[:0]
	ends := make([]int, len(all))
	leaves := make([]tlog.Hash, len(all))
	start := 0
	for i, r := range all {
		r.index = next + uint64(i)
		t.buf = appendEntry(t.buf, r, prev, t.session, recorded)
		ends[i] = len(t.buf)
		leaves[i] = tlog.RecordHash(t.buf[start:])
		prev = base64.StdEncoding.EncodeToString(leaves[i][:])
		start = len(t.buf)
	}
	payloads := make([][]byte, len(all))
	start = 0
	for i, end := range ends {
		payloads[i] = t.buf[start:end]
		start = end
	}
	_, err := t.entries.Append(context.Background(), payloads...)
	in := int(t.entries.Stats().Last) - int(next)
	for _, leaf := range leaves[:in] {
		t.tree.add(leaf)
		t.prev = base64.StdEncoding.EncodeToString(leaf[:])
	}
	t.recorded = recorded
	t.account(all, in, refused, err)
	for i, r := range all {
		if i < in {
			r.done <- nil
		} else {
			r.done <- err
		}
	}
	return err
}

// account puts a commit into the books; the first in of all are on disk.
func (t *Trail) account(all []*request, in int, refused uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health = err
	t.stats.Entries, t.stats.Commits = t.tree.size, t.stats.Commits+1
	if in > 0 && refused > 0 {
		t.refused -= refused
	}
	for i, r := range all {
		switch {
		case r.typ != TypeEvent && r.typ != TypeErase:
		case i < in:
			t.stats.Recorded++
		default:
			if t.refused == 0 {
				t.why = err.Error()
			}
			t.refused++
			t.stats.Refused++
		}
	}
}

// checkpoint writes the tiles and signs the tree.
func (t *Trail) checkpoint() error {
	if err := t.writeTiles(); err != nil {
		return err
	}
	at := time.Now().UTC()
	if at.Before(t.last.Time) {
		at = t.last.Time
	}
	c := Checkpoint{Origin: t.opts.Origin, Size: t.tree.size, Root: t.tree.root(), Time: at}
	msg, err := note.Sign(&note.Note{Text: checkpointText(c.Origin, c.Size, c.Root, c.Time)}, t.key.signer)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := t.appendNote(msg); err != nil {
		return err
	}
	c.Note = msg
	t.last = c
	t.mu.Lock()
	t.stats.Covered, t.stats.LastCheckpoint, t.stats.Epoch = c.Size, at, t.key.Epoch
	t.stats.Checkpoints++
	t.mu.Unlock()
	select {
	case t.publish <- c:
	default:
		t.errs.Report(errors.New("audit: anchors and witnesses are too slow: a checkpoint was not sent"))
	}
	if err := writeFile(filepath.Join(t.dir, checkpointFile), msg, 0o644); err != nil {
		return err
	}
	return t.sweepTiles()
}

func (t *Trail) appendNote(msg []byte) error {
	if _, err := t.notes.Append(context.Background(), msg); err != nil {
		return fmt.Errorf("audit: checkpoint: %w", err)
	}
	return nil
}

// newEpoch changes the signing key and says so in the log.
func (t *Trail) newEpoch() error {
	if err := t.turn(); err != nil {
		return err
	}
	t.epochAt = time.Now()
	if err := t.commit([]*request{t.lifecycle(TypeRotate, "audit log changes its signing key", map[string]any{"epoch": t.key.Epoch})}); err != nil {
		return err
	}
	return t.checkpoint()
}
