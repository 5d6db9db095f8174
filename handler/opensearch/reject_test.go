package opensearch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// letters reads a file of dead letters.
func letters(t *testing.T, path string) (all []letter) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var l letter
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%v in %s", err, s.Bytes())
		}
		all = append(all, l)
	}
	return all
}

// poison is a verdict on the documents whose message ends in 3.
func poison(status int, typ string, tries *int) func(json.RawMessage) *answer {
	return func(doc json.RawMessage) *answer {
		if bytes.Contains(doc, []byte(`3","attributes`)) || bytes.HasSuffix(doc, []byte(`3"}`)) {
			*tries++
			return &answer{status: status, body: fmt.Sprintf(`{"type":%q,"reason":"failed to parse field [n] of type [long]. Preview of field's value: 'secret'","caused_by":{"type":"t","reason":"why"}}`, typ)}
		}
		return nil
	}
}

func TestADocumentThatIsRejectedGoesToTheDeadLettersAndHoldsUpNoOther(t *testing.T) {
	for _, tc := range []struct {
		status int
		typ    string
		tries  int
	}{
		{400, "mapper_parsing_exception", 1}, {406, "", 1}, {404, "document_missing_exception", 1}, {405, "", 1}, {500, "fail_processor_exception", 4}, {507, "x", 4},
	} {
		t.Run(fmt.Sprint(tc.status), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dead.jsonl")
			node := newFakeNode(t)
			tries := 0
			node.item = poison(tc.status, tc.typ, &tries)
			h, log := start(t, node, Options{DeadLetters: path, MaxAge: time.Millisecond, MaxBackoff: 10 * time.Millisecond, InFlight: 1})
			write(t, h, "m", 10)
			flush(t, h)
			all := node.stored()
			if len(all) != 9 || all["m3"] != 0 {
				t.Errorf("stored %v, want all but m3", all)
			}
			if s := h.Stats(); s.Delivered != 9 || s.Failed != 1 || s.DeadLettered != 1 {
				t.Errorf("stats %+v", s)
			}
			if tries != tc.tries {
				t.Errorf("sent %d times, want %d", tries, tc.tries)
			}
			if err := h.Close(context.Background()); err != nil {
				t.Error(err)
			}
			got := letters(t, path)
			if len(got) != 1 || got[0].Status != tc.status || got[0].Type != tc.typ || got[0].Stream != "logs-otel-v1-default" ||
				got[0].Time.IsZero() || !bytes.Contains(got[0].Document, []byte(`"body":"m3"`)) || !strings.Contains(string(got[0].ID), "-") {
				t.Errorf("dead letters %+v", got)
			}
			if !strings.Contains(log.String(), "1 documents are not sent again") || strings.Contains(log.String(), "secret") {
				t.Errorf("errors: %s", log)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestWithoutAFileARejectedDocumentIsCountedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, tries := newFakeNode(t), 0
		node.item = poison(400, "mapper_parsing_exception", &tries)
		h, log := start(t, node, Options{})
		write(t, h, "m", 10)
		flush(t, h)
		if s := h.Stats(); s.Failed != 1 || s.DeadLettered != 0 || !strings.Contains(log.String(), "mapper_parsing_exception") {
			t.Errorf("stats %+v, errors %s", s, log)
		}
	})
}

func TestARequestThatIsTooLargeIsHalvedAndTheNextOnesAreSmaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 8 << 10
		node := newFakeNode(t)
		tooLarge := 0
		node.before = func(_ int, b bulk) *answer {
			if b.size > limit {
				tooLarge++
				return &answer{status: 413}
			}
			return nil
		}
		h, _ := start(t, node, Options{InFlight: 1})
		write(t, h, "m", 1000)
		flush(t, h)
		first := tooLarge
		wantOnce(t, node, "m", 1000)
		write(t, h, "m", 1000) // the same messages again
		flush(t, h)
		for msg, n := range node.stored() {
			if n != 2 {
				t.Fatalf("%s is there %d times", msg, n)
			}
		}
		if tooLarge-first > first/2 || first == 0 {
			t.Errorf("%d requests were too large, then %d of as many documents", first, tooLarge-first)
		}
	})
}

func TestADocumentThatIsTooLargeAloneIsADeadLetter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	node := newFakeNode(t)
	node.before = func(_ int, b bulk) *answer {
		if b.size > 1000 {
			return &answer{status: 413, body: "Request Entity Too Large"}
		}
		return nil
	}
	h, _ := start(t, node, Options{DeadLetters: path, MaxAge: time.Millisecond})
	write(t, h, "m", 5)
	_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, strings.Repeat("x", 2000), 0))
	flush(t, h)
	wantOnce(t, node, "m", 5)
	if s := h.Stats(); s.Delivered != 5 || s.DeadLettered != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestABodyThatANodeCannotReadIsDividedDownToTheBadDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.before = func(_ int, b bulk) *answer {
			for _, d := range b.docs {
				if bytes.Contains(d, []byte(`"m777"`)) {
					return &answer{status: 400, body: errorBody(400, "illegal_argument_exception", "Malformed action/metadata line [3]")}
				}
			}
			return nil
		}
		h, _ := start(t, node, Options{})
		write(t, h, "m", 1000)
		flush(t, h)
		all := node.stored()
		if len(all) != 999 || all["m777"] != 0 {
			t.Errorf("%d stored, m777 %d times", len(all), all["m777"])
		}
		if s := h.Stats(); s.Delivered != 999 || s.Failed != 1 || s.Requests > 25 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestARequestOverTheMemoryOfTheNodeIsHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		const limit = 8 << 10
		node.before = func(_ int, b bulk) *answer {
			if b.size > limit {
				return &answer{status: 429, body: errorBody(429, "rejected_execution_exception", fmt.Sprintf(
					"rejected execution of coordinating operation [coordinating_and_primary_bytes=0, replica_bytes=0, all_bytes=0, coordinating_operation_bytes=%d, max_coordinating_and_primary_bytes=%d]", b.size, limit))}
			}
			return nil
		}
		h, _ := start(t, node, Options{})
		write(t, h, "m", 1000)
		flush(t, h)
		wantOnce(t, node, "m", 1000)
		if s := h.Stats(); s.Failures > 0 {
			t.Errorf("%d failures: the answer said that waiting is of no use", s.Failures)
		}
	})
}

func TestWhatIsRefusedForTooLongIsGivenUp(t *testing.T) {
	for name, body := range map[string]answer{
		"request": {status: 401, body: "Unauthorized"},
		"items":   {status: 200, body: items(10, 403, "security_exception")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				node := newFakeNode(t)
				node.before = func(int, bulk) *answer { return &body }
				h, log := start(t, node, Options{RefusedFor: 10 * time.Minute})
				began := time.Now()
				write(t, h, "m", 10)
				flush(t, h)
				took := time.Since(began)
				if s := h.Stats(); s.Failed != 10 || s.Delivered != 0 || took < 10*time.Minute || took > 11*time.Minute {
					t.Errorf("given up after %v, stats %+v", took, s)
				}
				if n := len(log.errs); n > 13 {
					t.Errorf("%d errors in ten minutes", n)
				}
			})
		})
	}
}

func TestADocumentWhoseAttributesAreRefusedIsSentInAnotherForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.item = func(doc json.RawMessage) *answer {
			if bytes.Contains(doc, []byte(`"attributes":{"n":{"is":`)) {
				return &answer{status: 400, body: `{"type":"mapper_parsing_exception","reason":"object mapping for [n] tried to parse field [n] as object"}`}
			}
			return nil
		}
		h, log := start(t, node, Options{})
		for i := range 100 {
			r := slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0)
			if i%10 == 3 {
				r.AddAttrs(slog.Group("n", slog.Int("is", i)), slog.String("request_id", "r"))
			}
			_ = h.Handle(context.Background(), r)
		}
		flush(t, h)
		wantOnce(t, node, "m", 100)
		if s := h.Stats(); s.Delivered != 100 || s.Rescued != 10 || s.Failed > 0 || s.QueuedBytes > 0 {
			t.Errorf("stats %+v\n%s", s, log)
		}
		for _, d := range node.docs["ds-1"] {
			if bytes.Contains(d, []byte(`"m13"`)) && !bytes.Contains(d, []byte(`"unmapped":{"n":{"is":13}}`)) {
				t.Errorf("%s", d)
			}
		}
	})
}
