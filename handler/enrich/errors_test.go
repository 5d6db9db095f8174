package enrich_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"

	"github.com/google/go-cmp/cmp"
)

type codeError struct{ code int }

func (e *codeError) Error() string { return fmt.Sprintf("code %d", e.code) }

type panicking struct{}

func (panicking) Error() string { panic("no text") }
func (panicking) Unwrap() error { panic("no cause") }

// shy hides what it carries from logs.
type shy struct{ as slog.Value }

func (shy) Error() string          { return "password=hunter2" }
func (s shy) LogValue() slog.Value { return s.as }

// cyclic wraps itself.
type cyclic struct{}

func (c *cyclic) Error() string { return "round" }
func (c *cyclic) Unwrap() error { return c }

// replaced is an error as a mask leaves it.
type replaced struct{}

func (replaced) Error() string    { return "user [EMAIL_REDACTED]: not found" }
func (replaced) TypeName() string { return "*db.LookupError" }
func (replaced) Chain() []string {
	return []string{"user [EMAIL_REDACTED]: not found", "not found"}
}

// behindMask is a chain of a mask that finds nothing here and the handler.
func behindMask(next slog.Handler) slog.Handler {
	return maskHandler{m: new(masker), next: enrich.NewHandler(next, &bare)}
}

// expanded logs attrs at level INFO through wrap and returns the root group error, without its fingerprint, nil for none.
func expanded(t *testing.T, wrap func(slog.Handler) slog.Handler, attrs ...slog.Attr) map[string]any {
	t.Helper()
	got := line(t, wrap, func(l *slog.Logger) {
		l.LogAttrs(context.Background(), slog.LevelInfo, "m", attrs...)
	})
	group, _ := got["error"].(map[string]any)
	if group != nil {
		if f, _ := group["fingerprint"].(string); len(f) != 16 {
			t.Errorf("fingerprint is %q, want 16 digits", f)
		}
		delete(group, "fingerprint")
	}
	return group
}

func TestErrorIsExpandedToTheRootGroup(t *testing.T) {
	path := &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrNotExist}
	var typedNil *codeError
	many := error(&codeError{0})
	for i := range 40 {
		many = fmt.Errorf("%d: %w", i, many)
	}
	type m = map[string]any
	for name, tt := range map[string]struct {
		err  error
		want m
	}{
		"plain":   {errors.New("x"), m{"type": "*errors.errorString", "message": "x"}},
		"own":     {&codeError{7}, m{"type": "*enrich_test.codeError", "message": "code 7"}},
		"wrapped": {fmt.Errorf("read: %w", path), m{"type": "*fs.PathError", "message": "read: open /x: file does not exist", "chain": []any{"open /x: file does not exist", "file does not exist"}}},
		"joined": {errors.Join(&codeError{1}, fmt.Errorf("two: %w", &codeError{2})), m{"type": "*enrich_test.codeError",
			"message": "code 1\ntwo: code 2", "chain": []any{"code 1", "two: code 2", "code 2"}}},
		"joined by Errorf": {fmt.Errorf("%w and %w", errors.New("a"), &codeError{2}), m{"type": "*enrich_test.codeError",
			"message": "a and code 2", "chain": []any{"a", "code 2"}}},
		"typed nil":    {typedNil, m{"type": "*enrich_test.codeError", "message": "<nil>"}},
		"panicking":    {panicking{}, m{"type": "enrich_test.panicking", "message": "!PANIC: no text"}},
		"masked":       {replaced{}, m{"type": "*db.LookupError", "message": "user [EMAIL_REDACTED]: not found", "chain": []any{"not found"}}},
		"cause is nil": {fmt.Errorf("a: %w", error(nil)), m{"type": "*fmt.wrapError", "message": "a: %!w(<nil>)"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, expanded(t, enrich.Middleware(&bare), slog.Any("err", tt.err))); d != "" {
				t.Errorf("error (-want +got):\n%s", d)
			}
		})
	}
	for name, err := range map[string]error{"cyclic": &cyclic{}, "deep": many} {
		if chain, _ := expanded(t, behindMask, slog.Any("err", err))["chain"].([]any); len(chain) != 15 {
			t.Errorf("%s: chain of %d texts, want 15", name, len(chain))
		}
	}
}

func TestWhichAttributeIsTheError(t *testing.T) {
	one, two := errors.New("one"), errors.New("two")
	for name, tt := range map[string]struct {
		attrs []slog.Attr
		want  any // the message
	}{
		"first":                {[]slog.Attr{slog.Int("n", 1), slog.Any("a", one), slog.Any("b", two)}, "one"},
		"err is preferred":     {[]slog.Attr{slog.Any("a", one), slog.Any("err", two)}, "two"},
		"error is preferred":   {[]slog.Attr{slog.Any("a", one), slog.Any("error", two)}, "two"},
		"text under err":       {[]slog.Attr{slog.String("err", "text"), slog.Any("b", two)}, "two"},
		"none":                 {[]slog.Attr{slog.String("err", "text"), slog.Any("n", []int{1})}, nil},
		"not in a group":       {[]slog.Attr{slog.Group("g", slog.Any("err", one))}, nil},
		"LogValue hides it":    {[]slog.Attr{slog.Any("err", shy{slog.StringValue("hidden")})}, nil},
		"LogValue hides, next": {[]slog.Attr{slog.Any("err", shy{slog.IntValue(1)}), slog.Any("b", two)}, "two"},
		"LogValue is an error": {[]slog.Attr{slog.Any("err", shy{slog.AnyValue(one)})}, "one"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := expanded(t, behindMask, tt.attrs...)["message"]; got != tt.want {
				t.Errorf("message is %v, want %v", got, tt.want)
			}
		})
	}
}

func TestT6_WithoutAMaskInFrontAnErrorUnderAnotherKeyStaysThere(t *testing.T) {
	opts := bare
	opts.Enrichers = []enrich.Enricher{enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
		return append(dst, slog.Bool("seen", r.Err() != nil))
	})}
	got := line(t, enrich.Middleware(&opts), func(l *slog.Logger) { l.Error("m", "password", errors.New("hunter2")) })
	if got["error"] != nil || got["password"] != "hunter2" || got["seen"] != true {
		t.Errorf("record is %v, want the error under its key, for the mask that may come", got)
	}
}

func TestT8_AnErrorWhoseLogValueNeverEndsIsContained(t *testing.T) {
	group := expanded(t, behindMask, slog.Any("err", selfValuer{}))
	if message, _ := group["message"].(string); message == "" || message == "unreached" {
		t.Errorf("error is %v, want the error by which slog gives up", group)
	}
}

// selfValuer never resolves; slog gives it up with an error of its own.
type selfValuer struct{}

func (selfValuer) Error() string          { return "unreached" }
func (s selfValuer) LogValue() slog.Value { return slog.AnyValue(s) }

func TestOtherAttributesStayInOrderUnderGroups(t *testing.T) {
	got := line(t, enrich.Middleware(&bare), func(l *slog.Logger) {
		l.WithGroup("g").Info("m", "a", 1, "err", errors.New("x"), "b", errors.New("y"))
	})
	if d := cmp.Diff(map[string]any{"a": 1.0, "b": "y"}, got["g"]); d != "" {
		t.Errorf("group (-want +got):\n%s", d)
	}
	if got["error"].(map[string]any)["message"] != "x" {
		t.Errorf("error is %v, want x at the root", got["error"])
	}
}

func TestKeepErrorsLeavesThemToTheSink(t *testing.T) {
	opts := bare
	opts.KeepErrors = true
	opts.Enrichers = []enrich.Enricher{enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
		return append(dst, slog.Any("saw", r.Err()))
	})}
	got := line(t, enrich.Middleware(&opts), func(l *slog.Logger) { l.Error("m", "err", errors.New("x")) })
	if got["err"] != "x" || got["saw"] != "x" || got["error"] != nil {
		t.Errorf("record is %v, want err and saw x, no error", got)
	}
}

// stackOf returns the stack trace that the handler writes for what log does.
func stackOf(t *testing.T, opts enrich.Options, log func(*slog.Logger)) string {
	t.Helper()
	opts.OmitProcess = true
	group, _ := line(t, enrich.Middleware(&opts), log)["error"].(map[string]any)
	stack, _ := group["stack_trace"].(string)
	return stack
}

func TestStackBeginsAtTheLogCall(t *testing.T) {
	err := errors.New("x")
	stack := stackOf(t, enrich.Options{}, func(l *slog.Logger) { logFrom(l, err) })
	first, rest, _ := strings.Cut(stack, "\n")
	if !strings.HasSuffix(first, "enrich_test.logFrom") || !strings.Contains(rest, "TestStackBeginsAtTheLogCall") {
		t.Errorf("stack does not go from logFrom to this test:\n%s", stack)
	}
	for _, inner := range []string{"log/slog.", "enrich.(*Handler)", "runtime.goexit"} {
		if strings.Contains(stack, inner) {
			t.Errorf("stack contains %s:\n%s", inner, stack)
		}
	}
}

//go:noinline
func logFrom(l *slog.Logger, err error) { l.WithGroup("g").Error("m", "err", err) }

func TestT13_AWrappersCallerIsWhereTheStackBegins(t *testing.T) {
	for name, pc := range map[string]func() uintptr{
		"runtime.Callers": func() uintptr {
			var pcs [1]uintptr
			runtime.Callers(3, pcs[:])
			return pcs[0]
		},
		"runtime.Caller": func() uintptr {
			pc, _, _, _ := runtime.Caller(2)
			return pc
		},
	} {
		t.Run(name, func(t *testing.T) {
			helper := func(l *slog.Logger) {
				r := slog.NewRecord(time.Now(), slog.LevelError, "m", pc())
				r.Add("err", errors.New("x"))
				_ = l.Handler().Handle(context.Background(), r)
			}
			first, _, _ := strings.Cut(stackOf(t, enrich.Options{}, func(l *slog.Logger) { useHelper(l, helper) }), "\n")
			if !strings.HasSuffix(first, "enrich_test.useHelper") {
				t.Errorf("stack begins at %s, want useHelper", first)
			}
		})
	}
}

//go:noinline
func useHelper(l *slog.Logger, helper func(*slog.Logger)) { helper(l) }

func TestStackInAnotherGoroutineIsThePlaceAlone(t *testing.T) {
	stack := stackOf(t, enrich.Options{}, func(l *slog.Logger) {
		rec := newRecorder()
		logFrom(slog.New(rec), errors.New("x"))
		done := make(chan error)
		go func() { done <- l.Handler().Handle(context.Background(), rec.last(t).record) }()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if strings.Count(stack, "\n") != 1 || !strings.Contains(stack, "enrich_test.logFrom\n\t") {
		t.Errorf("stack is %q, want logFrom alone", stack)
	}
}

func TestStackByLevelAndOption(t *testing.T) {
	const critical = slog.LevelError + 4
	for _, tt := range []struct {
		stack enrich.Stack
		level slog.Level
		want  bool
	}{
		{enrich.StackErrors, slog.LevelError, true},
		{enrich.StackErrors, critical, true},
		{enrich.StackErrors, slog.LevelError - 1, false},
		{enrich.StackCritical, slog.LevelError, false},
		{enrich.StackCritical, critical, true},
		{enrich.StackOff, critical, false},
		{99, slog.LevelError, true}, // clamped to the default
	} {
		got := stackOf(t, enrich.Options{Stack: tt.stack}, func(l *slog.Logger) {
			l.Log(context.Background(), tt.level, "m", "err", errors.New("x"))
		}) != ""
		if got != tt.want {
			t.Errorf("stack %v at %v: %v, want %v", tt.stack, tt.level, got, tt.want)
		}
	}
	if got := stackOf(t, enrich.Options{}, func(l *slog.Logger) {
		r := slog.NewRecord(time.Time{}, slog.LevelError, "m", 0)
		r.Add("err", errors.New("x"))
		_ = l.Handler().Handle(context.Background(), r)
	}); got != "" {
		t.Errorf("a record without pc has the stack %q, want none", got)
	}
}

// frame and stackTrace are as packages that carry stacks define them.
type (
	frame      uintptr
	stackTrace []frame
)

type traced struct {
	pcs []uintptr
	err error
}

func (traced) Error() string   { return "traced" }
func (t traced) Unwrap() error { return t.err }
func (t traced) StackTrace() stackTrace {
	out := make(stackTrace, len(t.pcs))
	for i, pc := range t.pcs {
		out[i] = frame(pc)
	}
	return out
}

type withCallers struct{ traced }

func (w withCallers) Callers() []uintptr { return w.pcs }

type badTrace struct{ error }

func (badTrace) StackTrace(int) string { return "" }

//go:noinline
func here() []uintptr {
	var pcs [8]uintptr
	return pcs[:runtime.Callers(1, pcs[:])]
}

//go:noinline
func deeper() []uintptr { return here()[1:] }

func TestErrorsOwnStackComesFirst(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"StackTrace":      {traced{pcs: here()}, "enrich_test.here"},
		"Callers":         {withCallers{traced{pcs: here()}}, "enrich_test.here"},
		"deepest":         {traced{pcs: here(), err: fmt.Errorf("w: %w", traced{pcs: deeper()})}, "enrich_test.deeper"},
		"empty":           {traced{}, "enrich_test.logFrom"},
		"other signature": {badTrace{errors.New("x")}, "enrich_test.logFrom"},
	} {
		t.Run(name, func(t *testing.T) {
			first, _, _ := strings.Cut(stackOf(t, enrich.Options{}, func(l *slog.Logger) { logFrom(l, tt.err) }), "\n")
			if !strings.HasSuffix(first, tt.want) {
				t.Errorf("stack begins at %s, want %s", first, tt.want)
			}
		})
	}
}
