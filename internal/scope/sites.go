package scope

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
)

// Uncorrelated counts the records that were logged without a request in their context, by call site. Handlers add to
// it, correlate.Report reads it.
var Uncorrelated Sites

// Sites counts call sites, at most about maxSites of them: what comes later is counted together. The zero value is
// ready. Safe for concurrent use; Add is lock-free and allocates nothing.
type Sites struct {
	table          [maxSites]site
	nowhere, other atomic.Uint64
}

type site struct {
	pc    atomic.Uintptr
	count atomic.Uint64
}

const (
	maxSites = 1024 // a power of two
	maxProbe = 16
)

// Add counts a record logged at pc (slog.Record.PC); 0 is counted as an unknown place.
func (s *Sites) Add(pc uintptr) {
	if pc == 0 {
		s.nowhere.Add(1)
		return
	}
	// Fibonacci hashing: call sites of one function differ in their low bits alone.
	h := uint64(pc) * 0x9e3779b97f4a7c15 >> 32
	for i := range uint64(maxProbe) {
		p := &s.table[(h+i)%maxSites]
		at := p.pc.Load()
		if at == 0 && p.pc.CompareAndSwap(0, pc) {
			at = pc
		} else if at == 0 {
			at = p.pc.Load()
		}
		if at == pc {
			p.count.Add(1)
			return
		}
	}
	s.other.Add(1)
}

// Site is a place in the program's source and how often it was counted.
type Site struct {
	// File is empty for records whose place is unknown, or was not kept because there were too many.
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Function string `json:"function"`
	Count    uint64 `json:"count"`
}

// String returns "file:line count".
func (s Site) String() string {
	if s.File == "" {
		return fmt.Sprintf("%s %d", s.Function, s.Count)
	}
	return fmt.Sprintf("%s:%d %d", s.File, s.Line, s.Count)
}

// SiteList is a list of sites; String has one a line.
type SiteList []Site

// String returns one "file:line count" a line.
func (l SiteList) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// List returns the sites, most counted first, then by file and line. Program counters of one line are one site.
func (s *Sites) List() SiteList {
	var list SiteList
	at := make(map[Site]int)
	add := func(place Site, n uint64) {
		if n == 0 {
			return
		}
		key := place
		if key.File != "" {
			key.Function = "" // a line inlined into several functions is one site
		}
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, place)
		}
		list[i].Count += n
	}
	for i := range s.table {
		if pc := s.table[i].pc.Load(); pc != 0 {
			f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
			place := Site{File: f.File, Line: f.Line, Function: f.Function}
			if f.File == "" {
				place = unknown
			}
			add(place, s.table[i].count.Load())
		}
	}
	add(unknown, s.nowhere.Load())
	add(Site{Function: "(other places)"}, s.other.Load())
	slices.SortFunc(list, func(a, b Site) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return list
}

var unknown = Site{Function: "(unknown place)"}
