// Command audit writes an audit log with all that one can hold: events with old and new values, sealed personal fields, an
// erased subject, changes of the signing key, several files, two openings. Then try
//
//	go run ./examples/audit --dir /tmp/audit --entries 1000 > checkpoints.log
//	sluice verify --anchor checkpoints.log /tmp/audit
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/sluicelog/sluice/audit"
)

func main() {
	dir := flag.String("dir", "audit", "where the log is written")
	entries := flag.Int("entries", 1000, "how many events")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *dir, *entries); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

// run writes the log to dir and its checkpoints, the anchors, to out.
func run(ctx context.Context, out io.Writer, dir string, entries int) error {
	half := entries / 2
	if err := session(ctx, out, dir, 0, half, false); err != nil {
		return err
	}
	return session(ctx, out, dir, half, entries, true)
}

func session(ctx context.Context, out io.Writer, dir string, from, to int, erase bool) (err error) {
	trail, err := audit.Open(dir, &audit.Options{
		Origin: "example.com/audit", SegmentBytes: 256 << 10, CheckpointEntries: 100, EpochEntries: 300,
		Anchor: slog.NewJSONHandler(out, nil), // in earnest, one whose records leave the host
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, trail.Close(ctx)) }()
	h, err := audit.NewHandler(nil, nil, trail)
	if err != nil {
		return err
	}
	logger := slog.New(h)
	numbers := make(chan int)
	failed := make(chan error, 8)
	var wg sync.WaitGroup
	for range cap(failed) { // callers that come together share one fsync
		wg.Go(func() {
			for n := range numbers {
				if err := audit.Log(ctx, logger, "Profile changed", change(n)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	go func() {
		defer close(numbers)
		for n := from; n < to; n++ {
			select {
			case numbers <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	if erase {
		if _, err := trail.Erase(ctx, "person-1", "asked to be forgotten"); err != nil && !errors.Is(err, audit.ErrErased) {
			return err
		}
	}
	return nil
}

func change(n int) audit.Event {
	person := fmt.Sprintf("person-%d", n%20)
	return audit.Event{
		Actor:  audit.Actor{ID: "clerk-7", Type: "user", Roles: []string{"support"}},
		Action: "profile.update", Kind: audit.KindUpdate, Outcome: audit.Success, Reason: "ticket",
		Target: audit.Target{Type: "user", ID: fmt.Sprint("account-", n%20)},
		Origin: audit.Origin{IP: "192.0.2.7", Service: "backoffice"},
		Old:    map[string]any{"phone": fmt.Sprintf("555-%04d", n)}, New: map[string]any{"phone": fmt.Sprintf("555-%04d", n+1)},
		Subject: person, Personal: map[string]any{"name": "Person " + fmt.Sprint(n%20)},
	}
}
