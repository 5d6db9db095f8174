package viewer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sluicelog/sluice/search"
)

// stall is how long a client may not read before its stream is given up.
const stall = 30 * time.Second

// export writes the matching records as they are stored, one a line.
func (v *Viewer) export(w http.ResponseWriter, r *http.Request) {
	req, err := v.request(r, time.Now())
	if err != nil {
		v.fail(w, err)
		return
	}
	req.Limit, req.Timeout, req.Cursor = v.opts.MaxExport, 0, ""
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="logs.jsonl"`)
	conn := http.NewResponseController(w)
	for hit, err := range v.searcher.Records(r.Context(), req) {
		if err != nil {
			v.report(err)
			// The status is sent: a line that is no record says that the file is not whole.
			_, _ = fmt.Fprintln(w, `{"error":"the export ended early"}`)
			return
		}
		_ = conn.SetWriteDeadline(time.Now().Add(stall)) // not every writer can
		if _, err := w.Write(append(hit.Line, '\n')); err != nil {
			return
		}
	}
}

// report tells of an error of the searcher, unless it only says that nobody listens any more.
func (v *Viewer) report(err error) {
	if !errors.Is(err, context.Canceled) {
		v.errs.Report(err)
	}
}

const (
	tailEvery = 100 * time.Millisecond // how often rows that have come are sent
	tailBatch = 500                    // rows in one event at most
	tailRecap = 1000                   // rows that a client which lost its connection can get back
	tailQuiet = 15 * time.Second       // after which something is sent, so that both ends see that the other lives
)

// tail sends records as they come, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): each
// event has a list of rows and the ID of the last. A client that lost its connection names that ID, and gets what it missed.
// Whoever reads slowly slows the search down; nothing is kept for him.
func (v *Viewer) tail(w http.ResponseWriter, r *http.Request) {
	req, err := v.request(r, time.Now())
	if err != nil {
		v.fail(w, err)
		return
	}
	req.Timeout, req.From, req.To = 0, time.Time{}, time.Time{}
	last := r.Header.Get("Last-Event-ID")
	req.Limit = -1
	if last != "" {
		req.Limit = tailRecap
	}
	conn := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	_, _ = fmt.Fprint(w, ": connected\n\n")
	if err := conn.Flush(); err != nil {
		return
	}
	rows := make(chan search.Hit, tailBatch)
	failed := make(chan struct{}, 1)
	ctx := r.Context()
	go func() {
		defer close(rows)
		for hit, err := range v.searcher.Tail(ctx, req) {
			if err != nil {
				v.report(err)
				failed <- struct{}{}
				return
			}
			select {
			case rows <- hit:
			case <-ctx.Done():
				return
			}
		}
	}()
	s := sender{w: w, conn: conn, last: last}
	tick := time.NewTicker(tailEvery)
	defer tick.Stop()
	for {
		select {
		case hit, open := <-rows:
			if !open {
				s.flush()
				select {
				case <-failed:
					_, _ = fmt.Fprint(w, "event: failed\ndata: {\"error\":\"the search failed\"}\n\n")
					_ = conn.Flush()
				default:
				}
				return
			}
			s.add(hit)
		case <-tick.C:
			s.flush()
		case <-ctx.Done():
			return
		}
		if s.err != nil {
			return
		}
	}
}

// sender gathers rows into events.
type sender struct {
	w    http.ResponseWriter
	conn *http.ResponseController
	last string // the row after which the client wants rows; empty once it has been seen
	recap,
	rows []row
	sent time.Time
	err  error
}

func (s *sender) add(h search.Hit) {
	if s.last != "" && len(s.recap) < tailRecap {
		if h.ID == s.last {
			s.last, s.recap = "", nil
			return
		}
		s.recap = append(s.recap, rowOf(h))
		return
	}
	s.rows = append(s.rows, rowOf(h))
	if len(s.rows) >= tailBatch {
		s.flush()
	}
}

func (s *sender) flush() {
	if len(s.recap) > 0 { // the row that the client had last is no longer among the recent ones
		s.last, s.rows, s.recap = "", append(s.recap, s.rows...), nil
	}
	now := time.Now()
	if len(s.rows) == 0 {
		if now.Sub(s.sent) < tailQuiet {
			return
		}
		s.write(now, ": quiet\n\n")
		return
	}
	data, err := json.Marshal(s.rows)
	if err != nil {
		s.err = err
		return
	}
	s.write(now, fmt.Sprintf("id: %s\ndata: %s\n\n", s.rows[len(s.rows)-1].ID, data))
	s.rows = s.rows[:0]
}

func (s *sender) write(now time.Time, text string) {
	s.sent = now
	_ = s.conn.SetWriteDeadline(now.Add(stall))
	if _, s.err = s.w.Write([]byte(text)); s.err == nil {
		s.err = s.conn.Flush()
	}
}
