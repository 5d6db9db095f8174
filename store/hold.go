package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
	"github.com/sluicelog/sluice/internal/scope"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// ErrNoHold is the error of LiftHold for a hold that is not there.
var ErrNoHold = errors.New("store: no such hold")

// A Hold keeps the records that match from retention and from erasure until it is lifted. It is kept in the file holds.json in
// the store's directory.
type Hold struct {
	ID     string       `json:"id"`
	Query  search.Query `json:"query"` // relative times count from Since
	Reason string       `json:"reason"`
	By     string       `json:"by,omitempty"` // who placed it
	Since  time.Time    `json:"since"`
}

// PlaceHold adds a hold to the store in dir, which any process may be writing: when it returns, nothing that matches is removed
// any more. A query and a reason are wanted. ID and Since are filled in where they are empty.
func PlaceHold(ctx context.Context, dir string, h Hold) (Hold, error) {
	if h.Reason == "" {
		return h, errors.New("store: hold: want a reason")
	}
	if h.ID == "" {
		h.ID = scope.NewID()
	}
	if h.Since.IsZero() {
		h.Since = time.Now().UTC()
	}
	err := editHolds(ctx, dir, func(holds []Hold) ([]Hold, error) {
		if slices.ContainsFunc(holds, func(o Hold) bool { return o.ID == h.ID }) {
			return nil, fmt.Errorf("store: hold %s is there already", h.ID)
		}
		return append(holds, h), nil
	})
	return h, err
}

// LiftHold ends the hold with this ID and returns it. The error is ErrNoHold when there is none.
func LiftHold(ctx context.Context, dir, id string) (lifted Hold, err error) {
	err = editHolds(ctx, dir, func(holds []Hold) ([]Hold, error) {
		i := slices.IndexFunc(holds, func(o Hold) bool { return o.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("%w: %s", ErrNoHold, id)
		}
		lifted = holds[i]
		return slices.Delete(holds, i, i+1), nil
	})
	return lifted, err
}

// Holds returns the holds on the store in dir, oldest first.
func Holds(dir string) ([]Hold, error) { return readHolds(dir) }

func readHolds(dir string) ([]Hold, error) {
	b, err := os.ReadFile(filepath.Join(dir, holdsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var holds []Hold
	if err := json.Unmarshal(b, &holds); err != nil {
		return nil, fmt.Errorf("store: %s: %w", holdsName, err)
	}
	return holds, nil
}

func editHolds(ctx context.Context, dir string, edit func([]Hold) ([]Hold, error)) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	fsys := journal.System{}
	return withHolds(ctx, fsys, dir, func(holds []Hold) error {
		holds, err := edit(holds)
		if err != nil {
			return err
		}
		b, err := json.MarshalIndent(holds, "", "  ")
		if err != nil {
			return fmt.Errorf("store: hold: %w", err)
		}
		if err := writeFile(fsys, dir, holdsName, append(b, '\n')); err != nil {
			return fmt.Errorf("store: hold: %w", err)
		}
		return nil
	})
}

// holdPoll is how often the lock of the holds is tried.
const holdPoll = 10 * time.Millisecond

// withHolds runs do while no hold is placed or lifted, and nothing is removed by anybody else.
func withHolds(ctx context.Context, fsys journal.FS, dir string, do func([]Hold) error) error {
	var lock io.Closer
	for {
		var err error
		if lock, err = fsys.Lock(filepath.Join(dir, holdsLock), 0o600); err == nil {
			break
		}
		if !errors.Is(err, journal.ErrLocked) {
			return fmt.Errorf("store: %s: %w", holdsLock, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("store: %s: %w", holdsLock, context.Cause(ctx))
		case <-time.After(holdPoll):
		}
	}
	holds, err := readHolds(dir) // a file that cannot be read keeps everything
	if err == nil {
		err = do(holds)
	}
	return errors.Join(err, lock.Close())
}

// heldRows returns the arrival numbers of the records that holds cover.
func heldRows(ctx context.Context, seg *segment.Segment, holds []Hold) (map[uint64]bool, error) {
	var out map[uint64]bool
	for _, h := range holds {
		rows, err := matching(ctx, seg, h.Query, h.Since)
		if err != nil {
			return nil, fmt.Errorf("hold %s: %w", h.ID, err)
		}
		for seq := range rows {
			if out == nil {
				out = make(map[uint64]bool, len(rows))
			}
			out[seq] = true
		}
	}
	return out, nil
}

// fingerprint tells two sets of holds apart.
func fingerprint(holds []Hold) string {
	f := fnv.New64a()
	for _, h := range holds {
		_, _ = fmt.Fprintln(f, h.ID, h.Query, h.Since)
	}
	return strconv.FormatUint(f.Sum64(), 36)
}
