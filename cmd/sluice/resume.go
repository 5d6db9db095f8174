package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/internal/unpack"
)

// places are how far every input has been read, in bytes: all lines before that are in the spool, or in OpenSearch.
type places map[string]int64

func loadPlaces(path string) (places, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return places{}, nil
	}
	if err != nil {
		return nil, err
	}
	p := places{}
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("--resume %s: %w; want a file that sluice ship has written", path, err)
	}
	return p, nil
}

// save replaces the file as a whole, so that a crash leaves the old places or the new.
func (p places) save(path string) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// documentKey is the context key of a line's identifier.
type documentKey struct{}

// documentID is the identifier that the context of a line carries.
func documentID(ctx context.Context, _ slog.Record) string {
	id, _ := ctx.Value(documentKey{}).(string)
	return id
}

const (
	saveLines = 20_000 // after which the place is saved
	saveEvery = 5 * time.Second
)

// shipResumed is ship from the places of the last run on. What was logged and is not yet in a place that was saved is logged
// again; the identifiers, made of input and offset, keep it from being stored twice.
func shipResumed(ctx context.Context, e env, files []string, cfg sluice.Config, path string, stats bool) error {
	if len(files) == 0 {
		return usagef("--resume: want files: standard input cannot be read again")
	}
	at, err := loadPlaces(path)
	if err != nil {
		return usageError{err}
	}
	cfg.Stdout, cfg.Stderr, cfg.DocumentID = e.stdout, e.stderr, documentID
	stack, err := openStack(ctx, cfg)
	if err != nil {
		return err
	}
	end, done := closing(ctx, stack)
	defer done()
	r := resumed{stack: stack, at: at, path: path, saved: time.Now(), progress: newProgress(e, files)}
	for _, name := range files {
		if err = r.file(ctx, name); err != nil {
			break
		}
	}
	r.progress.done()
	// The places may only be saved when all that lies before them is safe.
	if ferr := stack.Flush(end); ferr == nil {
		err = errors.Join(err, r.at.save(path))
	} else {
		err = errors.Join(err, ferr)
	}
	return settle(ctx, end, e, stack, err, stats)
}

type resumed struct {
	stack *sluice.Stack
	at    places
	path  string
	lines int // since the places were saved
	saved time.Time

	progress *progress
}

// file logs the lines of a file behind its place. A last line without an end is left for the next run, when it may have one.
func (r *resumed) file(ctx context.Context, name string) error {
	f, err := openFile(name)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, packed, err := unpack.Reader(f)
	if err != nil || packed {
		return usagef("%s is compressed; want a plain file with --resume", name)
	}
	_ = plain.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	key, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	if info.Size() < r.at[key] {
		return fmt.Errorf("%s has %d bytes and was read up to %d: it is another file; remove %s to begin anew", name, info.Size(), r.at[key], r.path)
	}
	if _, err := f.Seek(r.at[key], io.SeekStart); err != nil {
		return err
	}
	r.progress.skip(r.at[key])
	sum := sha256.Sum256([]byte(key))
	prefix := hex.EncodeToString(sum[:8]) + "-"
	h := r.stack.Handler()
	in := bufio.NewReaderSize(f, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.progress.add(len(line))
		text, _ := cutEnd(line)
		rec := recordOf(text)
		if h.Enabled(ctx, rec.Level) {
			id := prefix + strconv.FormatInt(r.at[key], 36)
			if err := h.Handle(context.WithValue(ctx, documentKey{}, id), rec); err != nil {
				return err
			}
		}
		r.at[key] += int64(len(line))
		if r.lines++; r.lines >= saveLines || time.Since(r.saved) > saveEvery && r.lines > 0 {
			if err := r.stack.Flush(ctx); err != nil {
				return err
			}
			if err := r.at.save(r.path); err != nil {
				return err
			}
			r.lines, r.saved = 0, time.Now()
		}
	}
}
