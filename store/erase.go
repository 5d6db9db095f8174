package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/subject"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// A Receipt says what an erasure has removed. It is the last line of the file erasures.jsonl in the store's directory, too.
type Receipt struct {
	Time time.Time `json:"time"`
	Path string    `json:"path,omitempty"` // of the field that names the subject
	// Subject stands for whose records they were: the value itself is erased. Of Erase it is a keyed hash (HMAC-SHA-256) of the value.
	Subject  string   `json:"subject"`
	Records  int      `json:"records"`        // that are gone
	Held     int      `json:"held,omitempty"` // that a legal hold has kept
	Segments []string `json:"segments"`       // that were rewritten, by their old names
	Before   int64    `json:"bytes_before"`   // of those segments
	After    int64    `json:"bytes_after"`    // of what replaced them
	// Damaged counts the copies of damaged ranges that were removed, since nobody can say whose records they hold.
	Damaged int `json:"damaged,omitempty"`
	// Key is the key of the hash, in the receipt that Erase returns alone: it is kept nowhere. See Receipt.Is.
	Key string `json:"key,omitempty"`
}

// Is says whether the receipt is of the value, given the key that Erase has returned with it.
func (r *Receipt) Is(key, value string) bool { return subject.Is(r.Subject, key, value) }

// Erase removes all records whose member at path, such as user_id or audit.actor, is the value, as the query path:value finds
// them; see EraseQuery.
func (s *Store) Erase(ctx context.Context, path, value string) (Receipt, error) {
	token, key := subject.Token(value)
	rec, err := s.erase(ctx, search.Query{Expr: search.Match{Field: path, Value: value}}, Receipt{Path: path, Subject: token})
	rec.Key = key
	return rec, err
}

// EraseQuery removes all records that match the query and are in the store when it is called, but for those that a legal hold
// covers. It seals the tail, rewrites the segments that hold such records, and removes the old ones and the journal's files; then
// it writes the receipt, in which the subject stands as it is given: it should name nobody. Blocks that the file system had given
// to removed files are not overwritten. When it fails midway, what is rewritten stays so, and calling it again does the rest. A
// segment that cannot be read hinders the erasure from no other.
func (s *Store) EraseQuery(ctx context.Context, q search.Query, subject string) (Receipt, error) {
	return s.erase(ctx, q, Receipt{Subject: subject})
}

func (s *Store) erase(ctx context.Context, q search.Query, rec Receipt) (Receipt, error) {
	rec.Time = s.opts.now().UTC()
	if err := s.sealNow(); err != nil {
		return rec, err
	}
	s.rewrite.Lock()
	defer s.rewrite.Unlock()
	if s.isClosed() { // the directory may have another writer
		return rec, ErrClosed
	}
	err := withHolds(ctx, s.fs, s.dir, func(holds []Hold) error {
		var errs []error
		for _, sp := range s.listed() {
			if ctx.Err() != nil {
				return errors.Join(append(errs, fmt.Errorf("store: erase: %w", context.Cause(ctx)))...)
			}
			if err := s.eraseFrom(ctx, sp, q, holds, &rec); err != nil {
				errs = append(errs, fmt.Errorf("store: erase: segment %s: %w", sp.name(), err))
			}
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return rec, err
	}
	if rec.Damaged, err = s.forgetTail(); err != nil {
		return rec, fmt.Errorf("store: erase: %w", err)
	}
	return rec, s.writeReceipt(rec)
}

// eraseFrom rewrites a segment without the records that match.
func (s *Store) eraseFrom(ctx context.Context, sp span, q search.Query, holds []Hold, rec *Receipt) error {
	seg, err := segment.Open(filepath.Join(s.dir, sp.name()))
	if err != nil {
		return err
	}
	defer seg.Close()
	rows, err := matching(ctx, seg, q, s.opts.now())
	if err != nil || len(rows) == 0 {
		return err
	}
	held, err := heldRows(ctx, seg, holds)
	if err != nil {
		return err
	}
	for seq := range held {
		if rows[seq] {
			rec.Held++
			delete(rows, seq)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	r, err := s.replace([]span{sp}, func(seg *segment.Segment, row int, _ []byte) bool { return !rows[seg.Seq(row)] })
	if err != nil {
		return err
	}
	rec.Records += r.Records
	rec.Segments = append(rec.Segments, sp.name())
	rec.Before += r.Before
	rec.After += r.After
	return nil
}

// Matching counts the records that match and those of them that a hold covers: what EraseQuery would remove and keep.
func (r *Reader) Matching(ctx context.Context, q search.Query) (records, held uint64, err error) {
	now := time.Now()
	holds, err := readHolds(r.dir)
	if err != nil {
		return 0, 0, err
	}
	searcher := r.Searcher(nil)
	count := func(q search.Query) (uint64, error) {
		res, err := searcher.Search(ctx, &search.Request{Query: q, Now: now, Limit: 1, Count: true})
		if err != nil {
			return 0, err
		}
		if len(res.Damaged) > 0 {
			return 0, fmt.Errorf("store: %s", strings.Join(res.Damaged, "; "))
		}
		return res.Total, nil
	}
	if records, err = count(q); err != nil || len(holds) == 0 || records == 0 {
		return records, 0, err
	}
	all := map[string]bool{}
	for _, h := range holds { // each in its own time
		for hit, err := range searcher.Records(ctx, &search.Request{Query: h.Query, Forced: q, Now: h.Since, Limit: search.Unlimited, Sort: search.Sort{Order: search.Arrival}}) {
			if err != nil {
				return 0, 0, err
			}
			all[hit.ID] = true
		}
	}
	return records, uint64(len(all)), nil
}

// forgetTail seals what has come meanwhile and removes the journal's files, copies of damaged ranges among them, of which it
// returns the number. Records that come while it does wait in memory.
func (s *Store) forgetTail() (damaged int, err error) {
	s.flushMu.Lock()
	defer s.flushMu.Unlock()
	s.seal()
	s.dirMu.Lock()
	for len(s.queue) > 0 && s.failed == nil {
		s.sealed.Wait()
	}
	err = s.failed
	s.dirMu.Unlock()
	if err != nil {
		return 0, err
	}
	if err := s.j.Close(context.Background()); err != nil {
		return 0, err
	}
	if err := s.dropTail(); err != nil {
		return 0, err
	}
	entries, err := s.fs.ReadDir(s.tail())
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == badSuffix {
			if err := remove(s.fs, s.tail(), e.Name()); err != nil {
				return damaged, err
			}
			damaged++
		}
	}
	return damaged, s.openJournal(nil)
}

func (s *Store) writeReceipt(rec Receipt) error {
	b, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("store: receipt: %w", err)
	}
	f, err := s.fs.OpenFile(filepath.Join(s.dir, receipts), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("store: receipt: %w", err)
	}
	size, err := f.Size()
	if err == nil {
		b, err = onOwnLine(f, size, append(b, '\n'))
	}
	if err == nil {
		_, err = f.WriteAt(b, size)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("store: receipt: %w", err)
	}
	return nil
}

// onOwnLine puts a line's end before b when the last line of f, whose size is given, has none: a crash has torn it.
func onOwnLine(f io.ReaderAt, size int64, b []byte) ([]byte, error) {
	var last [1]byte
	if size == 0 {
		return b, nil
	}
	if _, err := f.ReadAt(last[:], size-1); err != nil || last[0] == '\n' {
		return b, err
	}
	return append([]byte{'\n'}, b...), nil
}

// Receipts returns the receipts of all erasures, oldest first.
func (r *Reader) Receipts() ([]Receipt, error) {
	b, err := os.ReadFile(filepath.Join(r.dir, receipts))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return parseReceipts(b)
}
