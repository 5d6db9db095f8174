package level

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
)

// KeyLogger is the attribute by which a logger is named.
const KeyLogger = "logger"

// Handler is a slog.Handler that passes the records that its [Controller] allows and its next handler wants. Make one with
// [Controller.Handler]. Safe for concurrent use.
type Handler struct {
	ctrl    *Controller
	next    chain.Handler
	logger  string
	grouped bool
	// decision is the latest, of the rules that it names.
	decision atomic.Pointer[decision]
}

// Handler returns a handler before next.
func (c *Controller) Handler(next slog.Handler) *Handler {
	return &Handler{ctrl: c, next: chain.Adapt(next)}
}

// Middleware returns Handler as a middleware.
func (c *Controller) Middleware() func(slog.Handler) slog.Handler {
	return func(next slog.Handler) slog.Handler { return c.Handler(next) }
}

func (h *Handler) decide() *decision {
	rs := h.ctrl.rules()
	d := h.decision.Load()
	if d == nil || d.rules != rs {
		d = rs.decide(h.logger)
		h.decision.Store(d)
	}
	return d
}

// Enabled says whether some record of level l from this logger can pass, and the next handler wants it.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.decide().lowest && h.next.Enabled(ctx, l)
}

// Handle passes r on unless it is below its level, whatever Enabled was asked.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot is Handle for a record with root attributes.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	d := h.decide()
	l := d.level
	if d.byPackage {
		if at, ok := d.rules.at(r.PC); ok {
			l = at
		}
	}
	if r.Level < l {
		return nil
	}
	return h.next.HandleRoot(ctx, r, root)
}

// WithAttrs returns a handler whose records have attrs. A "logger" among them, outside of any group, names the logger; of
// several the last does.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	n := &Handler{ctrl: h.ctrl, next: chain.Adapt(h.next.WithAttrs(attrs)), logger: h.logger, grouped: h.grouped}
	if !h.grouped {
		n.logger = loggerIn(attrs, h.logger)
	}
	return n
}

// WithGroup returns a handler whose records are in a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{ctrl: h.ctrl, next: chain.Adapt(h.next.WithGroup(name)), logger: h.logger, grouped: true}
}

func loggerIn(attrs []slog.Attr, name string) string {
	for _, a := range attrs {
		if a.Key != KeyLogger && a.Key != "" {
			continue
		}
		switch v := a.Value.Resolve(); {
		case a.Key == "" && v.Kind() == slog.KindGroup:
			name = loggerIn(v.Group(), name)
		case a.Key == KeyLogger && v.Kind() == slog.KindString:
			name = v.String()
		}
	}
	return name
}
