package opensearch

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func TestASecuredNodeRefusesAndIsMended(t *testing.T) {
	node := opensearchtest.Secured(t)
	role, err := os.ReadFile(filepath.Join("..", "..", "deploy", "opensearch", "role-writer.json"))
	if err != nil {
		t.Fatal(err)
	}
	user, password := node.NewUser(t, string(role))
	dir := t.TempDir()
	secret := func(text string) Secret {
		path := filepath.Join(dir, "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return Secret("file:" + path)
	}
	t.Run("wrong password, rotated", func(t *testing.T) {
		stream := newStream(t, node, "")
		node.Must(t, "PUT", "/_data_stream/"+stream, "", nil)
		o := fast(stream)
		o.Connection = Connection{URLs: []string{node.URL}, CAFile: node.CAFile, Username: user, Password: secret("hunter2hunter2")}
		h, log := open(t, "", o)
		write(t, h, "m", 50)
		waitFor(t, log, "status 401 (user name, password or token not accepted)")
		secret(password)
		flush(t, h)
		wantInStream(t, node, stream, "m", 50)
		if strings.Contains(log.String()+fmt.Sprintf("%+v", h.Stats()), "hunter2") {
			t.Errorf("the password is shown: %s", log)
		}
	})
	t.Run("missing permission", func(t *testing.T) {
		stream := "other-" + opensearchtest.Namespace()
		node.DeleteAfter(t, stream)
		o := fast(stream)
		o.RefusedFor, o.DeadLetters = 300*time.Millisecond, filepath.Join(dir, "dead.jsonl")
		o.Connection = Connection{URLs: []string{node.URL}, CAFile: node.CAFile, Username: user, Password: Secret(password)}
		h, log := open(t, "", o)
		write(t, h, "m", 50)
		waitFor(t, log, "status 403 (not permitted, or writing is blocked): security_exception")
		flush(t, h)
		if s := h.Stats(); s.DeadLettered != 50 {
			t.Errorf("stats %+v", s)
		}
	})
	t.Run("unknown authority, told once", func(t *testing.T) {
		stream := newStream(t, node, "")
		o := fast(stream)
		o.Connection = Connection{URLs: []string{node.URL}, Username: user, Password: Secret(password)}
		h, log := open(t, "", o)
		write(t, h, "m", 10)
		waitFor(t, log, "give the authority's certificate as CAFile")
		time.Sleep(300 * time.Millisecond)
		if n := strings.Count(log.String(), "CAFile"); n != 1 {
			t.Errorf("told %d times: %s", n, log)
		}
	})
	t.Run("the writer's role resends into the index that it wrote to", func(t *testing.T) {
		proxy := opensearchtest.NewProxy(t, node)
		stream := newStream(t, node, "")
		node.Must(t, "PUT", "/_data_stream/"+stream, "", nil)
		o := fast(stream)
		o.Timeout = 0
		o.Connection = Connection{URLs: []string{proxy.URL}, Username: user, Password: Secret(password)}
		h, log := open(t, "", o)
		write(t, h, "m", 50)
		flush(t, h)
		proxy.InjectWhen(isBulk, opensearchtest.Edit(func(int, []byte) (int, []byte) {
			node.Must(t, "POST", "/"+stream+"/_rollover", "", nil)
			return 504, nil
		}), 1)
		for i := 50; i < 100; i++ {
			_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0))
		}
		flush(t, h)
		proxy.InjectWhen(isBulk, opensearchtest.LoseReply(), 1)
		for i := 100; i < 150; i++ {
			_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0))
		}
		flush(t, h)
		wantInStream(t, node, stream, "m", 150)
		if s := h.Stats(); s.Duplicates != 100 || s.Unpinned != 0 || s.Failed != 0 {
			t.Errorf("stats %+v\n%s", s, log)
		}
	})
}
