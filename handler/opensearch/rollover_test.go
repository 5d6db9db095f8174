package opensearch

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

// lost is an answer that does not come.
var lost = answer{err: errors.New("connection reset by peer")}

func TestABatchWithoutAnAnswerIsSentToTheIndexThatItWentTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.after = onlyFirst(1, lost)
		node.before = func(n int, _ bulk) *answer {
			if n == 1 {
				node.rollover() // after the handler has asked, before the node carries it out
			}
			return nil
		}
		h, _ := start(t, node, Options{})
		write(t, h, "m", 10)
		flush(t, h)
		wantOnce(t, node, "m", 10)
		again := node.requests()[1]
		if again.index != "ds-1" || again.ops[0] != "update" {
			t.Errorf("sent again as %s to %s", again.ops[0], again.index)
		}
		if s := h.Stats(); s.Delivered != 10 || s.Duplicates != 10 || s.Unpinned != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestAfterARolloverTheIndicesBeforeItAreAsked(t *testing.T) {
	for name, stored := range map[string]bool{"stored": true, "not stored": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				node := newFakeNode(t)
				fail := func(n int, _ bulk) *answer {
					if n > 0 {
						return nil
					}
					node.rollover()
					node.rollover()
					return &lost
				}
				if stored {
					node.after = fail
				} else {
					node.before = fail
				}
				h, _ := start(t, node, Options{})
				write(t, h, "m", 10)
				flush(t, h)
				wantOnce(t, node, "m", 10)
				if s := h.Stats(); s.Delivered != 10 || s.Duplicates != 0 && !stored || s.Duplicates != 10 && stored {
					t.Errorf("stats %+v", s)
				}
			})
		})
	}
}

func TestAfterARolloverOnlyWhatIsMissingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.after = func(n int, b bulk) *answer {
			if n > 0 {
				return nil
			}
			node.mu.Lock()
			for _, id := range b.ids[:4] { // as if the node had died in the middle
				delete(node.docs["ds-1"], id)
			}
			node.mu.Unlock()
			node.rollover()
			return &lost
		}
		h, _ := start(t, node, Options{})
		write(t, h, "m", 10)
		flush(t, h)
		wantOnce(t, node, "m", 10)
		if again := node.requests()[1]; len(again.ids) != 4 || again.index != "ds-2" {
			t.Errorf("%d documents sent to %s, want the 4 that were missing to ds-2", len(again.ids), again.index)
		}
	})
}

func TestWithoutPermissionToAskARecordIsSentAgainAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.after = onlyFirst(1, lost)
		node.get = func(string, string) *answer {
			return &answer{status: 403, body: errorBody(403, "security_exception", "no permissions for [indices:admin/data_stream/get]")}
		}
		h, _ := start(t, node, Options{})
		write(t, h, "m", 10)
		flush(t, h)
		wantOnce(t, node, "m", 10)
		if s := h.Stats(); s.Unpinned != 10 || s.Duplicates != 10 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestAnUpdateThatIsNotPermittedFallsBackToACreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.after = onlyFirst(1, lost)
		node.before = func(_ int, b bulk) *answer {
			if b.ops[0] == "update" {
				return &answer{status: 200, body: strings.ReplaceAll(items(10, 403, "security_exception"), "create", "update")}
			}
			return nil
		}
		h, _ := start(t, node, Options{})
		write(t, h, "m", 10)
		flush(t, h)
		wantOnce(t, node, "m", 10)
		if s := h.Stats(); s.Unpinned != 10 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestAStreamThatIsAnIndexIsNoticedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.plain = true
		h, log := start(t, node, Options{})
		write(t, h, "m", 10)
		flush(t, h)
		write(t, h, "n", 10)
		flush(t, h)
		if n := strings.Count(log.String(), ErrPlainIndex.Error()); n != 1 {
			t.Errorf("told %d times: %s", n, log)
		}
		if err := h.Health(); !errors.Is(err, ErrPlainIndex) {
			t.Errorf("health: %v", err)
		}
		if s := h.Stats(); s.Delivered != 20 {
			t.Errorf("stats %+v", s)
		}
	})
}
