package opensearch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
	"github.com/sluicelog/sluice/search"
)

// user logs n records of users u_0 to u_4 in turn.
func user(t *testing.T, h slog.Handler, n int) {
	t.Helper()
	for i := range n {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprintf("login %d", i), 0)
		r.AddAttrs(slog.String("user_id", fmt.Sprintf("u_%d", i%5)), slog.String("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"))
		if err := h.Handle(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
}

// planted returns the files below dir that hold the text.
func planted(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), text) {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAnErasedSubjectIsGoneFromTheSpoolAndTheOthersAreDelivered(t *testing.T) {
	for _, format := range []Format{OTel, Flat, ECS} {
		t.Run(string(format), func(t *testing.T) {
			dir := t.TempDir()
			opts := spooling(dir)
			opts.Format = format
			node := newFakeNode(t)
			node.before = func(int, bulk) *answer { return &lost }
			h, _ := start(t, node, opts)
			user(t, h, 100)
			q := search.MustParse("user_id:u_3")
			if format == ECS { // it has names of its own
				q = search.MustParse("user.id:u_3")
			}
			if _, err := EraseSpool(dir, q, false); !errors.Is(err, journal.ErrLocked) {
				t.Errorf("under the handler's hands: %v", err)
			}
			closeSoon(t, h, 100)
			if found := planted(t, dir, "u_3"); len(found) == 0 {
				t.Fatal("the spool does not hold the subject: this test looks at nothing")
			}
			if e, err := EraseSpool(dir, q, true); err != nil || e.Records != 20 || len(planted(t, dir, "u_3")) == 0 {
				t.Errorf("dry: %+v, %v", e, err)
			}
			if e, err := EraseSpool(dir, q, false); err != nil || e.Records != 20 {
				t.Errorf("%+v, %v", e, err)
			}
			if found := planted(t, dir, "u_3"); found != nil {
				t.Errorf("%v hold the subject", found)
			}
			node.before = nil
			h, _ = start(t, node, opts)
			flush(t, h)
			checkBooks(t, h)
			if s := h.Stats(); s.Delivered != 80 || s.Dropped != 20 || s.Failed != 0 || s.Replayed != 100 {
				t.Errorf("%+v", s)
			}
			closeSoon(t, h, 0)
		})
	}
}

func TestAnErasedSubjectIsGoneFromTheDeadLetters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "dead.jsonl")
	d, err := openDeadLetters(path, "logs", func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{
		`{"@timestamp":"2026-01-02T03:04:05Z","attributes":{"user_id":"u_planted"}}`, `{"@timestamp":"2026-01-02T03:04:05Z","attributes":{"user_id":"u_other"}}`,
		`{"user_id":"u_planted"}`, `no JSON`,
	} {
		b := &batch{}
		action := actionOpen + "1" + actionClose
		b.add([]byte(action+doc+"\n"), len(action))
		if ok, err := d.write(b, b.docs[0], cause{Status: 400, Reason: "mapping"}); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	e, err := EraseDeadLetters(path, search.MustParse("user_id:u_planted"), false)
	if err != nil || e.Records != 2 {
		t.Errorf("%+v, %v", e, err)
	}
	b, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(b), "u_planted") || strings.Count(string(b), "\n") != 2 {
		t.Errorf("%s, %v", b, err)
	}
}
