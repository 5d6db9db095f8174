package sluice

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/internal/terminal"
	"github.com/sluicelog/sluice/level"
)

// console writes for a person: in colours on a terminal, as text or JSON lines elsewhere.
func console(w io.Writer, p sinkPlan, least slog.Leveler) slog.Handler {
	if p.Format == "json" {
		return jsonl.NewHandler(w, &jsonl.Options{Level: least, AddSource: p.Source, OnError: func(error) {}})
	}
	// https://no-color.org
	f, isFile := w.(*os.File)
	colour := p.Format == "color" || p.Format != "text" && os.Getenv("NO_COLOR") == "" && isFile && term.IsTerminal(int(f.Fd()))
	return cleaned{tint.NewTextHandler(w, &tint.Options{
		Level: least, AddSource: p.Source, NoColor: !colour, TimeFormat: "15:04:05.000", ReplaceAttr: consoleAttr,
	})}
}

// consoleAttr shortens what a person at a terminal knows or cannot read: the process' attributes, times in full, stacks.
func consoleAttr(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 1 && (groups[0] == "error" || groups[0] == "occurrence") {
		switch a.Key {
		case "chain", "fingerprint":
			return slog.Attr{}
		case "stack_trace":
			return slog.String("at", shortStack(a.Value.String()))
		}
	}
	if len(groups) > 0 {
		if groups[0] == "process" {
			return slog.Attr{}
		}
		return a
	}
	switch a.Key {
	case "@version", "service", "service_version", "environment", "host", "trace_flags", "span_id", "parent_span_id", "transaction_id":
		return slog.Attr{}
	case slog.LevelKey:
		if l, ok := a.Value.Any().(slog.Level); ok && l >= level.Critical {
			return level.ReplaceAttr(groups, a)
		}
	}
	return a
}

// shortStack is the innermost frames of a stack trace in runtime/debug's layout, as file:line.
func shortStack(trace string) string {
	const frames = 4
	var out []string
	for line := range strings.Lines(trace) {
		if place, ok := strings.CutPrefix(line, "\t"); ok && len(out) < frames {
			place, _, _ = strings.Cut(strings.TrimSpace(place), " ")
			out = append(out, path.Base(filepath.ToSlash(place)))
		}
	}
	return strings.Join(out, " < ")
}

// continued begins the further lines of a message: none of them can be taken for a record.
const continued = "\n    "

// cleaned keeps what records hold from being obeyed by a terminal, or from looking like another record.
type cleaned struct{ next slog.Handler }

func (c cleaned) Enabled(ctx context.Context, l slog.Level) bool { return c.next.Enabled(ctx, l) }

func (c cleaned) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, terminal.Clean(r.Message, continued), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(cleanAttr(a))
		return true
	})
	return c.next.Handle(ctx, clean)
}

func (c cleaned) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return c
	}
	return cleaned{c.next.WithAttrs(cleanAttrs(attrs))}
}

func (c cleaned) WithGroup(name string) slog.Handler {
	if name == "" {
		return c
	}
	return cleaned{c.next.WithGroup(shown(name, " "))}
}

func cleanAttrs(attrs []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = cleanAttr(a)
	}
	return out
}

// shown is s as it may be shown, without U+FFFD, behind which tint leaves out the rest of a key or value.
func shown(s, newline string) string {
	return strings.ReplaceAll(terminal.Clean(s, newline), "\ufffd", "?")
}

// cleanAttr leaves the line breaks of values: tint writes them as \n.
func cleanAttr(a slog.Attr) slog.Attr {
	a.Key, a.Value = shown(a.Key, " "), a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(shown(a.Value.String(), "\n"))
	case slog.KindGroup:
		a.Value = slog.GroupValue(cleanAttrs(a.Value.Group())...)
	case slog.KindAny:
		if text, ok := textOf(a.Value.Any()); ok {
			a.Value = slog.StringValue(shown(text, "\n"))
		}
	}
	return a
}

// textOf is the text that tint would write for v. It is not asked for of nil, nor of bytes, which tint quotes.
func textOf(v any) (text string, ok bool) {
	defer func() {
		if recover() != nil { // tint knows what to write
			ok = false
		}
	}()
	switch v := v.(type) {
	case nil, []byte, json.RawMessage, slog.Level:
		return "", false
	case encoding.TextMarshaler:
		b, err := v.MarshalText()
		return string(b), err == nil
	}
	return fmt.Sprintf("%+v", v), true
}
