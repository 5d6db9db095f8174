package viewer_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/search/lines"
)

// event is one event of the tail.
type event struct {
	id   string
	msgs []string
}

// follow reads events of the tail and sends them on.
func follow(t *testing.T, ctx context.Context, url, last string) <-chan event {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan event)
	go func() {
		defer close(events)
		defer res.Body.Close()
		var e event
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			line := in.Text()
			if id, ok := strings.CutPrefix(line, "id: "); ok {
				e.id = id
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				var rows []struct{ Record struct{ Msg string } }
				if json.Unmarshal([]byte(data), &rows) != nil {
					return
				}
				for _, r := range rows {
					e.msgs = append(e.msgs, r.Record.Msg)
				}
			}
			if line == "" && e.id != "" {
				select {
				case events <- e:
				case <-ctx.Done():
					return
				}
				e = event{}
			}
		}
	}()
	return events
}

func TestTheTailSendsWhatComesAndWhatWasMissed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	write := func(count int) {
		for range count {
			fmt.Fprintf(f, `{"time":%q,"level":"INFO","msg":"m%d"}`+"\n", time.Now().Format(time.RFC3339Nano), n)
			n++
		}
	}
	write(3)
	srv := httptest.NewServer(page(t, lines.Files(path), nil))
	defer srv.Close()
	defer http.DefaultClient.CloseIdleConnections()

	ctx, hangUp := context.WithCancel(t.Context())
	events := follow(t, ctx, srv.URL+"/api/tail?q=m*", "")
	// What was there before is not sent; the first that is sent may be any of those written now.
	var got []string
	var last string
	for len(got) < 5 {
		write(1)
		select {
		case e := <-events:
			got, last = append(got, e.msgs...), e.id
		case <-time.After(20 * time.Millisecond):
		}
	}
	hangUp()
	for range events {
	}
	first := 0
	if _, err := fmt.Sscanf(got[0], "m%d", &first); err != nil || first < 3 {
		t.Fatalf("the tail began with %q", got[0])
	}
	for i, msg := range got {
		if want := fmt.Sprintf("m%d", first+i); msg != want {
			t.Fatalf("row %d is %s, want %s", i, msg, want)
		}
	}
	write(4)
	want := fmt.Sprintf("m%d", first+len(got))

	ctx, hangUp = context.WithCancel(t.Context())
	again := <-follow(t, ctx, srv.URL+"/api/tail?q=m*", last)
	hangUp()
	if len(again.msgs) == 0 || again.msgs[0] != want {
		t.Errorf("after a lost connection the tail goes on with %q, want %s", again.msgs, want)
	}
}
