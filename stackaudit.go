package sluice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/internal/conf"
)

// auditLane is the audit trail of a Stack, which outlives its generations.
type auditLane struct {
	trail   *audit.Trail
	handler *audit.Handler
	files   []*audit.FileSink
}

// openAudit puts the audit handler in front of the chain whose head is s.head.
func (s *Stack) openAudit(r *resolved) error {
	if r.audit == nil {
		return nil
	}
	opts := r.audit.trail
	opts.OnError = s.report
	if !r.Audit.NoAnchor {
		opts.Anchor = anchor{stack: s}
	}
	trail, sinks, files, err := openAuditSinks(r.Audit, opts)
	if err != nil {
		return fmt.Errorf("sluice: audit: %w", err)
	}
	lane := &auditLane{trail: trail, files: files}
	hopts := r.audit.handler
	hopts.OnError, hopts.Mask = s.report, s.maskAudit
	if lane.handler, err = audit.NewHandler(s.head, &hopts, sinks...); err != nil {
		return errors.Join(fmt.Errorf("sluice: audit: %w", err), lane.close(context.Background()))
	}
	s.audit, s.head = lane, lane.handler
	return nil
}

// maskAudit masks a value of an event as the chain masks a line.
func (s *Stack) maskAudit(_ string, value []byte) []byte {
	if g := s.current.Load(); g.mask != nil {
		return g.mask.Masker().AppendLine(nil, value)
	}
	return value
}

// close ends the log. It comes after the last record of the chain and before the sinks, which get the last checkpoint.
func (l *auditLane) close(ctx context.Context) error {
	if l == nil {
		return nil
	}
	var err error
	if l.handler != nil {
		err = l.handler.Flush(ctx)
	}
	err = errors.Join(err, l.trail.Close(ctx))
	for _, f := range l.files {
		err = errors.Join(err, f.Close())
	}
	return err
}

// sameAudit says why a reload cannot have the audit section of r.
func (s *Stack) sameAudit(r *resolved) error {
	if now := s.current.Load().cfg.Audit; !reflect.DeepEqual(now, r.Audit) {
		return fmt.Errorf("sluice: config: %w", &conf.Error{Field: "audit", Want: "what it was when the stack was opened: the log has one writer, so a change takes a restart"})
	}
	return nil
}

// Audit returns the audit trail, nil when the configuration has none. Events are recorded by audit.Log with the Stack's Logger.
func (s *Stack) Audit() *audit.Trail {
	if s.audit == nil {
		return nil
	}
	return s.audit.trail
}

// AuditStats are the figures of the audit trail. Its events are not among the records of the chain.
type AuditStats struct {
	Recorded uint64 `json:"recorded"` // events, since the stack was opened
	Failed   uint64 `json:"failed"`   // events that were not recorded
	Entries  int64  `json:"entries"`  // in the log
	Covered  int64  `json:"covered"`  // of them by the last checkpoint
	// Unhealthy says why events would not be recorded; "" when they would.
	Unhealthy string `json:"unhealthy,omitempty"`
}

func (l *auditLane) stats() *AuditStats {
	if l == nil {
		return nil
	}
	h, t := l.handler.Stats(), l.trail.Stats()
	st := &AuditStats{Recorded: h.Recorded, Failed: h.Failed, Entries: t.Entries, Covered: t.Covered}
	if err := l.handler.Healthy(); err != nil {
		st.Unhealthy = err.Error()
	}
	return st
}

// anchor hands checkpoints to the sinks of the current generation, past sampling, queue and mask: none may be missing, and none changed.
type anchor struct{ stack *Stack }

func (anchor) Enabled(context.Context, slog.Level) bool { return true }

func (a anchor) Handle(ctx context.Context, r slog.Record) error {
	a.stack.accepted.Add(1)
	for {
		g := a.stack.current.Load()
		if g.anchors.enter() {
			defer g.anchors.leave()
			return g.direct.Handle(ctx, r)
		}
		if a.stack.current.Load() == g {
			a.stack.mu.Lock()
			defer a.stack.mu.Unlock()
			a.stack.refused++
			return ErrClosed
		}
	}
}

func (a anchor) WithAttrs([]slog.Attr) slog.Handler { return a } // a trail makes none

func (a anchor) WithGroup(string) slog.Handler { return a }
