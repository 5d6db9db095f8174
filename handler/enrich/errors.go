package enrich

import (
	"fmt"
	"log/slog"
	"reflect"

	"github.com/sluicelog/sluice/internal/chain"
)

// maxErrors bounds how many errors of an Unwrap tree are looked at, the outermost included.
const maxErrors = 16

// errorIn returns the error that v holds, nil for none. An error with a LogValue method is what that makes of it: its
// author may have hidden something.
func errorIn(v slog.Value) error {
	k := v.Kind()
	if k != slog.KindAny && k != slog.KindLogValuer {
		return nil // and do not let Any box it
	}
	err, ok := v.Any().(error)
	if !ok {
		return nil
	}
	if k == slog.KindLogValuer {
		if v = v.Resolve(); v.Kind() != slog.KindAny {
			return nil
		}
		err, _ = v.Any().(error)
	}
	return err
}

// DescribeError returns the type and the message that the root group error tells of err, which is not nil. The type is the
// first in the Unwrap tree that is no mere wrapper. The methods of err may panic.
func DescribeError(err error) (typ, message string) {
	t := look(err)
	return t.kind(), t.texts[0]
}

// errorGroup returns the root group error that stands for err, as the mask of root leaves it.
func (c *core) errorGroup(root *chain.Root, err error, level slog.Level, pc uintptr) []slog.Attr {
	t := look(err)
	attrs := make([]slog.Attr, 2, 5)
	attrs[0] = slog.String("type", t.kind())
	attrs[1] = slog.String("message", t.texts[0])
	if len(t.texts) > 1 {
		attrs = append(attrs, slog.Any("chain", t.texts[1:]))
	}
	group := []slog.Attr{{Key: "error", Value: slog.GroupValue(attrs...)}}
	if root.Mask != nil {
		group = root.Masked(group)
		if len(group) != 1 || group[0].Value.Kind() != slog.KindGroup {
			return group
		}
		attrs = group[0].Value.Group()
		attrs = attrs[:len(attrs):len(attrs)]
	}
	// What follows is made of the program's own symbols and of a hash: there is nothing to mask.
	if level >= c.stackFrom {
		stack := ""
		if len(t.stack) > 0 {
			stack = c.stacks.text(t.stack)
		} else {
			stack = c.stacks.here(pc)
		}
		if stack != "" {
			attrs = append(attrs, slog.String("stack_trace", stack))
		}
	}
	attrs = append(attrs, slog.String("fingerprint", fingerprint(t.types, t.texts[0], function(pc))))
	return []slog.Attr{{Key: group[0].Key, Value: slog.GroupValue(attrs...)}}
}

// tree is what the Unwrap tree of an error holds, depth first, the outermost first.
type tree struct {
	texts []string // may be more than types: a masked error tells its chain as texts
	types []string
	stack []uintptr // of the deepest error that carries one
	depth int       // of that error
}

func look(err error) *tree {
	t := new(tree)
	t.add(err, 1)
	t.texts = t.texts[:min(len(t.texts), maxErrors)]
	return t
}

// kind is the type that tells most: the first that is no mere wrapper or text, else the outermost.
func (t *tree) kind() string {
	for _, name := range t.types {
		switch name {
		case "*fmt.wrapError", "*fmt.wrapErrors", "*errors.joinError", "*errors.errorString",
			"*errors.withStack", "*errors.withMessage", "*errors.fundamental":
		default:
			return name
		}
	}
	return t.types[0]
}

func (t *tree) add(err error, depth int) {
	if err == nil || len(t.types) >= maxErrors {
		return
	}
	t.texts = append(t.texts, text(err))
	if m, ok := err.(masked); ok {
		t.addMasked(m)
	} else {
		t.types = append(t.types, reflect.TypeOf(err).String())
	}
	if depth > t.depth {
		if pcs := ownStack(err); len(pcs) > 0 {
			t.stack, t.depth = pcs[:min(len(pcs), maxFrames)], depth
		}
	}
	for _, e := range unwrap(err) {
		t.add(e, depth+1)
	}
}

// masked is an error that stands for one that a mask has replaced.
type masked interface {
	TypeName() string
	Chain() []string
}

func (t *tree) addMasked(m masked) {
	name, chain := reflect.TypeOf(m).String(), []string(nil)
	contain(func() { name, chain = m.TypeName(), m.Chain() })
	t.types = append(t.types, name)
	if len(chain) > 0 && chain[0] == t.texts[len(t.texts)-1] {
		chain = chain[1:]
	}
	t.texts = append(t.texts, chain...)
}

// text is err.Error(), or, where that panics, what fmt writes then.
func text(err error) (s string) {
	defer func() {
		if p := recover(); p != nil {
			if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.IsNil() {
				s = "<nil>"
				return
			}
			s = fmt.Sprintf("!PANIC: %v", p)
		}
	}()
	return err.Error()
}

func unwrap(err error) (errs []error) {
	contain(func() {
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			errs = []error{u.Unwrap()}
		case interface{ Unwrap() []error }:
			errs = u.Unwrap()
		}
	})
	return errs
}

// ownStack returns the stack that err was made with, nil for none: Callers() []uintptr, or a method StackTrace that
// returns a slice of program counters (of any type, as the packages that have it define their own).
func ownStack(err error) (pcs []uintptr) {
	contain(func() {
		switch s := err.(type) {
		case interface{ Callers() []uintptr }:
			pcs = s.Callers()
		case interface{ StackTrace() []uintptr }:
			pcs = s.StackTrace()
		default:
			m := reflect.ValueOf(err).MethodByName("StackTrace")
			if !m.IsValid() {
				return
			}
			if t := m.Type(); t.NumIn() != 0 || t.NumOut() != 1 || t.Out(0).Kind() != reflect.Slice ||
				t.Out(0).Elem().Kind() != reflect.Uintptr {
				return
			}
			out := m.Call(nil)[0]
			for i := range out.Len() {
				pcs = append(pcs, uintptr(out.Index(i).Uint()))
			}
		}
	})
	return pcs
}

// contain calls fn, a method of an error, and lets it panic: the error is expanded without what it would have told.
func contain(fn func()) {
	defer func() { _ = recover() }()
	fn()
}
