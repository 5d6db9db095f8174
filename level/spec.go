package level

import (
	"cmp"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a spec.
const (
	maxSpec   = 64 << 10
	maxRules  = 1000
	maxPrefix = 256
)

// rule gives the loggers or packages below a prefix their level.
type rule struct {
	prefix string
	level  slog.Level
}

// rules is a parsed spec, immutable.
type rules struct {
	spec     string // canonical
	fallback slog.Level
	list     []rule // by prefix
	// byLength are the same, longest prefix first, and packages those of them that may match a package.
	byLength, packages []rule
	// lowest is the least level that a package rule can decide, math.MaxInt where there is none.
	lowest slog.Level
	sites  *sites
}

// defaults are the rules of a controller that was told nothing.
var defaults = newRules(slog.LevelInfo, nil)

const itemAllowed = "a level for all or prefix=level, such as info,store=debug"

// parseSpec reads a default level and prefix=level items, separated by commas. No default means INFO; no text means no rules.
func parseSpec(spec string) (*rules, error) {
	if len(spec) > maxSpec {
		return nil, &inputError{"spec", spec, fmt.Sprintf("at most %d bytes", maxSpec)}
	}
	if strings.TrimSpace(spec) == "" {
		return defaults, nil
	}
	fallback, given := slog.LevelInfo, false
	seen := make(map[string]bool)
	var list []rule
	for item := range strings.SplitSeq(spec, ",") {
		prefix, text, isRule := strings.Cut(item, "=")
		if !isRule {
			text = item
		}
		l, err := Parse(text)
		if err != nil {
			return nil, &inputError{"spec", item, itemAllowed + "; a level is " + allowed}
		}
		if !isRule {
			if given {
				return nil, &inputError{"spec", item, "one default level, this is the second"}
			}
			fallback, given = l, true
			continue
		}
		prefix = strings.TrimSpace(prefix)
		switch {
		case !validPrefix(prefix):
			return nil, &inputError{"spec", item, itemAllowed + "; a prefix is " + prefixAllowed}
		case seen[prefix]:
			return nil, &inputError{"spec", item, "one level for each prefix, this is the second"}
		case len(list) == maxRules:
			return nil, &inputError{"spec", item, fmt.Sprintf("at most %d prefixes", maxRules)}
		}
		seen[prefix] = true
		list = append(list, rule{prefix, l})
	}
	return newRules(fallback, list), nil
}

var prefixAllowed = fmt.Sprintf("the beginning of the name of a logger or package: at most %d printable characters without space, quote, comma or =, "+
	"not starting with a dot or slash, not ending in a dot", maxPrefix)

func validPrefix(p string) bool {
	return p != "" && len(p) <= maxPrefix && utf8.ValidString(p) &&
		p[0] != '.' && p[0] != '/' && p[len(p)-1] != '.' && !strings.HasSuffix(p, "//") &&
		!strings.ContainsFunc(p, func(c rune) bool { return strings.ContainsRune(`=,"`, c) || unicode.IsSpace(c) || !unicode.IsPrint(c) })
}

// newRules takes ownership of list, whose prefixes are valid and distinct.
func newRules(fallback slog.Level, list []rule) *rules {
	rs := &rules{fallback: fallback, list: list, lowest: math.MaxInt}
	slices.SortFunc(rs.list, func(a, b rule) int { return strings.Compare(a.prefix, b.prefix) })
	rs.byLength = slices.Clone(list)
	slices.SortStableFunc(rs.byLength, func(a, b rule) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	var b strings.Builder
	b.WriteString(strings.ToLower(Name(fallback)))
	for _, r := range rs.list {
		fmt.Fprintf(&b, ",%s=%s", r.prefix, strings.ToLower(Name(r.level)))
	}
	rs.spec = b.String()
	for _, r := range rs.byLength {
		if r.prefix == "main" || strings.Contains(r.prefix, "/") {
			rs.packages = append(rs.packages, r)
			rs.lowest = min(rs.lowest, r.level)
		}
	}
	if len(rs.packages) > 0 {
		rs.sites = new(sites)
	}
	return rs
}

// with returns rules that differ by the level of one prefix, or by the default for prefix "".
func (rs *rules) with(prefix string, l slog.Level) (*rules, error) {
	if prefix == "" {
		return newRules(l, slices.Clone(rs.list)), nil
	}
	list := slices.DeleteFunc(slices.Clone(rs.list), func(r rule) bool { return r.prefix == prefix })
	if len(list) == maxRules {
		return nil, &inputError{"logger", prefix, fmt.Sprintf("at most %d prefixes", maxRules)}
	}
	return newRules(rs.fallback, append(list, rule{prefix, l})), nil
}

// match returns the level of the longest prefix of name.
func match(byLength []rule, name string) (slog.Level, bool) {
	for i := range byLength {
		if covers(byLength[i].prefix, name) {
			return byLength[i].level, true
		}
	}
	return 0, false
}

// covers says whether prefix is name or ends where a segment of name does.
func covers(prefix, name string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	if !strings.HasPrefix(name, prefix) {
		return false
	}
	return len(name) == len(prefix) || name[len(prefix)] == '.' || name[len(prefix)] == '/'
}

// decision is what the rules say about one logger.
type decision struct {
	rules *rules
	// level is the level of the logger where no package rule matches; lowest is what Enabled goes by: the level, or that of a
	// package rule below it.
	level, lowest slog.Level
	// byPackage says that package rules have a say.
	byPackage bool
}

func (rs *rules) decide(logger string) *decision {
	if logger != "" {
		if l, ok := match(rs.byLength, logger); ok {
			return &decision{rules: rs, level: l, lowest: l}
		}
	}
	return &decision{rs, rs.fallback, min(rs.fallback, rs.lowest), len(rs.packages) > 0}
}
