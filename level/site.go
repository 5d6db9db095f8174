package level

import (
	"log/slog"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
)

// sites remembers the level of call sites: a direct-mapped cache, so bounded; a site that meets another in its slot is looked
// up again.
type sites [1024]atomic.Pointer[site]

type site struct {
	pc      uintptr
	level   slog.Level
	matched bool
}

// at returns the level that the package rules give to the code at pc.
func (rs *rules) at(pc uintptr) (slog.Level, bool) {
	if pc == 0 {
		return 0, false
	}
	slot := &rs.sites[uint64(pc)*0x9e3779b97f4a7c15>>54]
	s := slot.Load()
	if s == nil || s.pc != pc {
		f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		s = &site{pc: pc}
		s.level, s.matched = match(rs.packages, packageOf(f.Function))
		slot.Store(s)
	}
	return s.level, s.matched
}

// packageOf returns the import path in the name of a function as the linker writes it: the path up to the first dot after
// its last slash, where dots of the path's own last element are escaped as in URLs.
func packageOf(function string) string {
	// The type arguments of a generic function may have slashes of their own.
	if i := strings.IndexByte(function, '['); i >= 0 {
		function = function[:i]
	}
	end := strings.LastIndexByte(function, '/') + 1
	if i := strings.IndexByte(function[end:], '.'); i >= 0 {
		function = function[:end+i]
	}
	if path, err := url.PathUnescape(function); err == nil {
		return path
	}
	return function
}
