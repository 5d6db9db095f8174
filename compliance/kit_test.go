package compliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/store"
)

// example makes a store with three records and an audit log with an event about u_123.
func example() (logs string, trail *audit.Trail, log *slog.Logger, end func(), err error) {
	dir, err := os.MkdirTemp("", "compliance")
	if err != nil {
		return "", nil, nil, nil, err
	}
	logs = filepath.Join(dir, "logs")
	s, err := store.Open(logs, nil)
	if err != nil {
		return "", nil, nil, nil, err
	}
	for _, user := range []string{"u_123", "u_7", "u_123"} {
		err = errors.Join(err, s.Append(fmt.Appendf(nil, `{"msg":"login","user_id":"%s"}`, user)))
	}
	if err = errors.Join(err, s.Close(context.Background())); err != nil {
		return "", nil, nil, nil, err
	}
	if trail, err = audit.Open(filepath.Join(dir, "audit"), nil); err != nil {
		return "", nil, nil, nil, err
	}
	h, err := audit.NewHandler(nil, nil, trail)
	if err != nil {
		return "", nil, nil, nil, err
	}
	log = slog.New(h)
	err = audit.Log(context.Background(), log, "Profile changed", audit.Event{Subject: "u_123", Personal: map[string]any{"mail": "ada@example.com"}})
	return logs, trail, log, func() { _ = trail.Close(context.Background()); _ = os.RemoveAll(dir) }, err
}
