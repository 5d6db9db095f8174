package enrich

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	maxFrames = 64   // of a stack that is walked, handlers above the log call included
	maxStacks = 1024 // distinct stacks whose text is remembered
)

// stackCache has the texts of stacks: the same few places log errors again and again, and resolving the symbols of a
// stack costs a hundred times what walking it does. The zero value is ready. Safe for concurrent use.
type stackCache struct {
	mu    sync.RWMutex
	texts map[uint64]stackText
}

type stackText struct {
	pcs  []uintptr
	text string
}

// text returns pcs, return addresses as runtime.Callers has them, one function and one indented file:line a line.
func (c *stackCache) text(pcs []uintptr) string {
	h := uint64(14695981039346656037)
	for _, pc := range pcs {
		h = (h ^ uint64(pc)) * 1099511628211
	}
	c.mu.RLock()
	e, ok := c.texts[h]
	c.mu.RUnlock()
	if ok && slices.Equal(e.pcs, pcs) {
		return e.text
	}
	e = stackText{pcs: slices.Clone(pcs)}
	e.text = formatStack(e.pcs)
	c.mu.Lock()
	if c.texts == nil || len(c.texts) >= maxStacks {
		c.texts = make(map[uint64]stackText)
	}
	c.texts[h] = e
	c.mu.Unlock()
	return e.text
}

// here returns the stack of the log call at pc (slog.Record.PC), outwards, and so without the frames of the handlers
// above it. A caller in another goroutine (behind a queue) gets the place of the call alone, since its own stack says
// nothing; it is empty for pc 0.
func (c *stackCache) here(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	var buf [maxFrames]uintptr
	pcs := buf[:runtime.Callers(2, buf[:])]
	// slog has return addresses; a record made with runtime.Caller has the call itself, one before.
	at := func(p uintptr) bool { return p == pc || p == pc+1 }
	if i := slices.IndexFunc(pcs, at); i >= 0 {
		return c.text(pcs[i:])
	}
	buf[0] = pc
	return c.text(buf[:1])
}

// formatStack leaves out the frames of the runtime below main and below a goroutine's function.
func formatStack(pcs []uintptr) string {
	var b strings.Builder
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function != "" && f.Function != "runtime.goexit" && f.Function != "runtime.main" {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(f.Function)
			b.WriteString("\n\t")
			b.WriteString(f.File)
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(f.Line))
		}
		if !more {
			return b.String()
		}
	}
}

// function is the name of the function that pc is in, empty for 0.
func function(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return f.Function
}
