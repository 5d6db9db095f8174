package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/compliance"
	"github.com/sluicelog/sluice/handler/opensearch"
	"github.com/sluicelog/sluice/internal/osclient"
	"github.com/sluicelog/sluice/internal/rotate"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
	searchopensearch "github.com/sluicelog/sluice/search/opensearch"
)

// trailFlags say where the audit log is that an act is recorded in, and who acts.
type trailFlags struct{ dir, keyDir, origin, by, reason string }

func (t *trailFlags) flags(fs *flag.FlagSet) {
	fs.StringVar(&t.dir, "audit", "", "directory `DIR` of the audit log")
	fs.StringVar(&t.keyDir, "audit-keys", "", "directory `DIR` of its keys (default keys in its directory)")
	fs.StringVar(&t.origin, "audit-origin", "", "`NAME` of the log, where it is not that of its public key")
	fs.StringVar(&t.by, "by", whoami(), "`NAME` of who does it")
	fs.StringVar(&t.reason, "reason", "", "`WHY` it is done")
}

func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// open opens the audit log, whose origin is that of its public key, and a logger that records in it.
func (t *trailFlags) open() (*audit.Trail, *slog.Logger, error) {
	origin := t.origin
	if b, err := os.ReadFile(filepath.Join(t.dir, audit.PublicKeyFile)); err == nil && origin == "" {
		origin, _, _ = strings.Cut(string(b), "+")
	}
	trail, err := audit.Open(t.dir, &audit.Options{Origin: origin, KeyDir: t.keyDir})
	if err != nil {
		return nil, nil, err
	}
	h, err := audit.NewHandler(nil, nil, trail)
	if err != nil {
		return nil, nil, errors.Join(err, trail.Close(context.Background()))
	}
	return trail, slog.New(h), nil
}

// several is a flag that may be repeated.
func several(fs *flag.FlagSet, name, usage string) *[]string {
	var out []string
	fs.Func(name, usage, func(s string) error { out = append(out, s); return nil })
	return &out
}

var eraseCommand = command{
	name: "erase", args: "QUERY", short: "erase a person's records everywhere, with one receipt",
	long: `
Removes every record that QUERY finds from stores, log files, spools, dead letters and OpenSearch, destroys the person's key in the
audit log, so that what is sealed there cannot be opened and its tokens cannot be linked, and records a receipt there. Nobody may be
writing them meanwhile, OpenSearch aside. What a legal hold on the store covers stays. The receipt names the person by a keyed
hash; its key is printed and kept nowhere: hand it to the person, who can show by it whose receipt it is.

  sluice erase --dry-run --store logs 'user_id:u_123'
  sluice erase --store logs --spool spool --dead-letters dead.jsonl --url https://localhost:9200 --user admin \
    --audit /var/lib/app/audit --reason 'request 7' 'user_id:u_123'

Exit status 1 when something failed or is left; the receipt says what.`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var src source
		src.flags(fs)
		var trail trailFlags
		trail.flags(fs)
		spools := several(fs, "spool", "spool `DIR` of an opensearch sink; may be repeated")
		letters := several(fs, "dead-letters", "`FILE` of dead letters, with its rotated ones; may be repeated")
		logs := several(fs, "log", "`FILE` of JSON lines, with its rotated ones; may be repeated")
		keys := several(fs, "keys", "directory `DIR` of a further key ring; may be repeated")
		id := fs.String("subject", "", "the person's `IDENTIFIER` in the audit log (default the value of QUERY)")
		dry := fs.Bool("dry-run", false, "count, and change nothing")
		return func(ctx context.Context, e env, args []string) error {
			if len(args) != 1 {
				return usagef("want one query, got %d arguments", len(args))
			}
			q, err := search.Parse(args[0])
			if err != nil {
				return usageError{err}
			}
			if !*dry && (trail.reason == "" || trail.by == "") {
				return usagef("want a reason, and who erases: --reason WHY, --by NAME, or --dry-run")
			}
			er := compliance.Erasure{Query: q, Subject: *id, By: trail.by, Reason: trail.reason, Dry: *dry}
			if *dry && er.Reason == "" {
				er.Reason = "dry run"
			}
			if dir := src.dir(); dir != "" {
				if err := holdsStore(dir); err != nil {
					return err
				}
				if er.Holds, err = compliance.HoldQueries(dir); err != nil {
					return usageError{err}
				}
				er.Places = append(er.Places, compliance.StoreDir(dir))
			}
			for _, f := range *logs {
				er.Places = append(er.Places, logPlace(f))
			}
			for _, d := range *spools {
				er.Places = append(er.Places, leftPlace("spool", d, opensearch.EraseSpool))
			}
			for _, f := range *letters {
				er.Places = append(er.Places, leftPlace("dead letters", f, opensearch.EraseDeadLetters))
			}
			if src.url != "" {
				client, err := osclient.New(src.connection.connection())
				if err != nil {
					return usageError{err}
				}
				defer func() { _ = client.Close() }()
				s, err := searchopensearch.New("http://opensearch", &searchopensearch.Options{Index: src.index, Client: client})
				if err != nil {
					return usageError{err}
				}
				er.Places = append(er.Places, compliance.OpenSearch(s))
			}
			for _, d := range *keys {
				ring, err := audit.OpenKeyRing(d, nil)
				if err != nil {
					return usageError{err}
				}
				er.Keys = append(er.Keys, ring)
			}
			if len(er.Places)+len(er.Keys) == 0 && trail.dir == "" {
				return usagef("nowhere to erase: want --store, --log, --spool, --dead-letters, --url, --keys or --audit")
			}
			return eraseWith(ctx, e, &er, &trail)
		}
	},
}

func eraseWith(ctx context.Context, e env, er *compliance.Erasure, t *trailFlags) (err error) {
	switch {
	case t.dir != "" && er.Dry: // opening it would write to it
		dir := t.keyDir
		if dir == "" {
			dir = filepath.Join(t.dir, "keys")
		}
		if _, err := os.Stat(dir); err != nil {
			return usageError{err}
		}
		ring, err := audit.OpenKeyRing(dir, nil)
		if err != nil {
			return usageError{err}
		}
		er.Keys = append(er.Keys, ring)
	case t.dir != "":
		trail, log, oerr := t.open()
		if oerr != nil {
			return usageError{oerr}
		}
		defer func() {
			if cerr := trail.Close(context.WithoutCancel(ctx)); err == nil {
				err = cerr
			}
		}()
		er.Trail, er.Log = trail, log
	}
	receipt, err := er.Run(ctx)
	if receipt.ID == "" {
		return usageError{err}
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if perr := enc.Encode(receipt); perr != nil {
		err = errors.Join(err, perr)
	}
	if err == nil && !receipt.Complete {
		err = errors.New("records are left that came meanwhile: run it again")
	}
	return err
}

// leftPlace is a place where an opensearch sink leaves documents.
func leftPlace(what, path string, erase func(string, search.Query, bool) (opensearch.Erased, error)) compliance.Place {
	return compliance.Place{Name: what + " " + path, Erase: func(_ context.Context, t compliance.Task) (f compliance.Found, err error) {
		held, err := erase(path, t.Kept(), true)
		if err != nil {
			return f, err
		}
		gone, err := erase(path, t.Free(), t.Dry)
		f.Held, f.Matched = uint64(held.Records), uint64(held.Records+gone.Records)
		if !t.Dry {
			f.Erased = uint64(gone.Records)
		}
		if gone.Damaged > 0 {
			f.Notes = append(f.Notes, fmt.Sprintf("%d damaged ranges, which nobody can read", gone.Damaged))
		}
		return f, err
	}}
}

// logPlace is a rotated file of JSON lines.
func logPlace(path string) compliance.Place {
	return compliance.Place{Name: "log " + path, Erase: func(_ context.Context, t compliance.Task) (f compliance.Found, err error) {
		free, err := eval.Compile(t.Free().Expr, time.Now())
		if err != nil {
			return f, err
		}
		kept, err := eval.Compile(t.Kept().Expr, time.Now())
		if err != nil {
			return f, err
		}
		var r eval.Record
		held := 0
		n, err := rotate.Filter(path, true, func(line []byte) bool {
			r.Parse(line)
			if kept.Match(&r) {
				held++
			}
			return free.Match(&r)
		})
		f.Held, f.Matched = uint64(held), uint64(n+held)
		if err != nil || t.Dry {
			return f, err
		}
		n, err = rotate.Filter(path, false, func(line []byte) bool { r.Parse(line); return free.Match(&r) })
		f.Erased = uint64(n)
		return f, err
	}}
}
