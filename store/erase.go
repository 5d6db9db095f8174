package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// A Receipt says what an erasure has removed. It is the last line of the file erasures.jsonl in the store's directory, too.
type Receipt struct {
	Time     time.Time `json:"time"`
	Path     string    `json:"path"`         // of the field that names the subject
	Subject  string    `json:"value_sha256"` // SHA-256 of the value in hexadecimal digits: the value itself is erased
	Records  int       `json:"records"`      // that are gone
	Segments []string  `json:"segments"`     // that were rewritten, by their old names
	Before   int64     `json:"bytes_before"` // of those segments
	After    int64     `json:"bytes_after"`  // of what replaced them
}

// Erase removes all records whose member at path, such as user_id or audit.actor, is the string or number value: those that
// are in the store when it is called. It seals the tail, rewrites the segments that hold such records, and removes the old
// ones and the journal's files; then it writes the receipt. Blocks that the file system had given to removed files are not
// overwritten. When it fails midway, what is rewritten stays so, and calling it again does the rest.
func (s *Store) Erase(ctx context.Context, path, value string) (Receipt, error) {
	sum := sha256.Sum256([]byte(value))
	rec := Receipt{Time: s.opts.now().UTC(), Path: path, Subject: hex.EncodeToString(sum[:])}
	if err := s.sealNow(); err != nil {
		return rec, err
	}
	s.rewrite.Lock()
	defer s.rewrite.Unlock()
	quoted, err := json.Marshal(value)
	if err != nil {
		return rec, fmt.Errorf("store: erase: %w", err)
	}
	raw := quoted[1 : len(quoted)-1]
	for _, sp := range s.listed() {
		if err := ctx.Err(); err != nil {
			return rec, fmt.Errorf("store: erase: %w", context.Cause(ctx))
		}
		rows, err := s.subjectRows(sp, path, value, raw)
		if err != nil {
			return rec, fmt.Errorf("store: erase: segment %s: %w", sp.name(), err)
		}
		if rows == nil {
			continue
		}
		r, err := s.replace([]span{sp}, func(_ *segment.Segment, row int, _ []byte) bool { return !rows[row] })
		if err != nil {
			return rec, err
		}
		rec.Records += r.Records
		rec.Segments = append(rec.Segments, sp.name())
		rec.Before += r.Before
		rec.After += r.After
	}
	if err := s.forgetTail(); err != nil {
		return rec, fmt.Errorf("store: erase: %w", err)
	}
	return rec, s.writeReceipt(rec)
}

// subjectRows returns the rows to be erased, nil if there are none.
func (s *Store) subjectRows(sp span, path, value string, raw []byte) (map[int]bool, error) {
	seg, err := segment.Open(filepath.Join(s.dir, sp.name()))
	if err != nil {
		return nil, err
	}
	defer seg.Close()
	var rows map[int]bool
	var b, plain []byte
	for _, c := range seg.Find(path) {
		if c.Kind() == segment.String && plainText(raw) && !seg.MayContain(path, raw) {
			continue
		}
		at, err := c.Rows()
		if err != nil {
			return nil, err
		}
		for entry, row := range at {
			if b, err = c.AppendValue(b[:0], entry); err != nil {
				return nil, err
			}
			plain = b
			if c.Kind() == segment.String {
				plain = segment.Unescape(nil, b)
			}
			if string(plain) == value {
				if rows == nil {
					rows = map[int]bool{}
				}
				rows[int(row)] = true
			}
		}
	}
	return rows, nil
}

// plainText says that a string has only one spelling that a logger would write.
func plainText(raw []byte) bool {
	for _, c := range raw {
		if c < 0x20 || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' || c == '&' || c == '/' {
			return false
		}
	}
	return true
}

// forgetTail removes the journal's files, whose records are sealed. Records that have come since keep them until they are
// sealed, too.
func (s *Store) forgetTail() error {
	s.flushMu.Lock()
	defer s.flushMu.Unlock()
	s.dirMu.Lock()
	busy := len(s.queue) > 0
	s.dirMu.Unlock()
	if busy || s.batch.Len() > 0 {
		return s.j.Rotate()
	}
	if err := s.j.Close(context.Background()); err != nil {
		return err
	}
	if err := s.dropTail(); err != nil {
		return err
	}
	return s.openJournal(nil)
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
		_, err = f.WriteAt(append(b, '\n'), size)
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
