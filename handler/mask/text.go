package mask

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// span is a part of a text that is to be replaced.
type span struct {
	start, end int
	name       string // of the rule
	label      string // what stands for it when it is redacted; empty to be made of the name
	action     Action
	score      float32
}

// text returns s as the mask leaves it, and whether that is another text. When the walker only looks, the text that it returns
// for a changed one means nothing.
func (w *walker) text(s string, v verdict) (string, bool) {
	m := w.m
	if v.class == allowed || s == "" {
		return s, false
	}
	if len(s) > m.maxText && weight(s) > m.maxText {
		return w.longText(s, v)
	}
	if mayBeJSON(s[0]) && looksJSON(s) {
		if out, changed, valid := w.jsonText(s, v); valid {
			if changed && !w.look && weight(out) > m.maxText { // what is no UTF-8 is escaped
				return w.longText(out, v)
			}
			return out, changed
		}
	}
	matches := m.scannerOf(v).Append(nil, s)
	if len(matches) == 0 && m.onlyKinds && v.class <= ident {
		return s, false
	}
	out, changed := w.settled(s, v, matches)
	if m.detector == nil || v.class != plain || w.ctx == nil || w.look && changed {
		return out, changed
	}
	named, more := w.entities(out)
	if more && !w.look {
		named, _ = w.settled(named, v, m.scannerOf(v).Append(nil, named))
	}
	return named, changed || more
}

// settled replaces matches and whatever else the rules find in s, and in what that leaves, until they find nothing: masking
// the result again changes nothing.
func (w *walker) settled(s string, v verdict, matches []scan.Match) (string, bool) {
	out, changed := w.pass(s, v, matches)
	if !changed || w.look {
		return out, changed
	}
	before := w.round
	defer func() { w.round = before }()
	out, ok := scan.Settle(out, func(s string) (string, bool) {
		w.round++
		if looksJSON(s) { // it may have become JSON
			if out, changed, valid := w.jsonText(s, v); valid {
				return out, changed
			}
		}
		return w.pass(s, v, w.m.scannerOf(v).Append(nil, s))
	})
	if !ok {
		w.count("UNSETTLED")
		out = markRedacted
	}
	return out, true
}

// pass replaces matches and what the other rules find in s.
func (w *walker) pass(s string, v verdict, matches []scan.Match) (string, bool) {
	m := w.m
	if masked(s) {
		return s, false
	}
	if v.class == phone && m.phones && bareNumber(s) {
		return w.join(s, []span{{0, len(s), scan.Phone.String(), m.labels[scan.Phone], m.actions[scan.Phone], 1}}), true
	}
	var spans []span
	for _, x := range matches {
		spans = append(spans, span{x.Start, x.End, x.Kind.String(), m.labels[x.Kind], m.actions[x.Kind], x.Score})
	}
	own := m.ownSpans(nil, s)
	if v.class == address && m.clients {
		own = m.addresses(own, s)
	}
	if len(own) > 0 {
		spans = merge(append(spans, own...))
	}
	if len(spans) == 0 {
		return s, false
	}
	return w.join(s, spans), true
}

// join replaces the spans, which are in order and apart.
func (w *walker) join(s string, spans []span) string {
	if w.look {
		return ""
	}
	out := make([]byte, 0, len(s)+32)
	at := 0
	for _, x := range spans {
		out = append(out, s[at:x.start]...)
		if x.action == Redact && x.label != "" {
			out = append(out, x.label...)
		} else {
			out = append(out, w.m.replacement(x.action, x.name, s[x.start:x.end])...)
		}
		at = x.end
		w.found(Hit{Rule: x.name, Start: x.start, End: x.end, Score: float64(x.score), Action: x.action})
	}
	return string(append(out, s[at:]...))
}

// ownSpans appends what the user's patterns find outside of placeholders.
func (m *Masker) ownSpans(dst []span, s string) []span {
	for _, p := range m.patterns {
		if !slices.ContainsFunc(p.literals, func(l string) bool { return strings.Contains(s, l) }) {
			continue
		}
		for _, at := range p.re.FindAllStringSubmatchIndex(s, -1) {
			if x := (span{at[2*p.group], at[2*p.group+1], p.name, "", p.action, 1}); x.start < x.end && p.holds(s, x.start, x.end) {
				dst = appendOutside(dst, s, x)
			}
		}
	}
	return dst
}

// merge puts spans in order and makes one of those that overlap, named after the longest.
func merge(spans []span) []span {
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	out := spans[:0]
	for _, x := range spans {
		if n := len(out); n > 0 && x.start < out[n-1].end {
			last := &out[n-1]
			end := max(last.end, x.end)
			if x.end-x.start > last.end-last.start {
				x.start = last.start
				*last = x
			}
			last.end = end
			continue
		}
		out = append(out, x)
	}
	return out
}

// appendOutside appends the parts of x that are outside of placeholders and have a letter or a digit.
func appendOutside(dst []span, s string, x span) []span {
	keep := func(start, end int) {
		for start < end && blank(s[start]) {
			start++
		}
		for end > start && blank(s[end-1]) {
			end--
		}
		if strings.ContainsFunc(s[start:end], wordRune) {
			part := x
			part.start, part.end = start, end
			dst = append(dst, part)
		}
	}
	at := x.start
	for i := max(0, x.start-64); i < x.end; i++ {
		n := 0
		switch {
		case s[i] == '[':
			n = placeholderEnd(s[i:])
		case s[i] == '*', s[i] == '+', s[i] == '(':
			n = keptLen(s[i:])
		}
		if n == 0 || i+n <= x.start {
			continue
		}
		if at < i {
			keep(at, i)
		}
		at = i + n
		i = at - 1
	}
	if at == x.start {
		return append(dst, x)
	}
	if at < x.end {
		keep(at, x.end)
	}
	return dst
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func wordRune(r rune) bool {
	return r >= 0x80 || r < 0x80 && (lower(byte(r)|0x20) || digit(byte(r)))
}

// bareNumber says whether s is a phone number and nothing else.
func bareNumber(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case digit(c):
			digits++
		case !strings.ContainsRune("+-(). /", rune(c)):
			return false
		}
	}
	return 7 <= digits && digits <= 15
}

const cutMargin = 1 << 10

// longText masks the beginning of s and cuts the rest off. The cut is made at white space, where there is some within the last KiB, so
// that no half of a secret is left that is no longer recognised.
func (w *walker) longText(s string, v verdict) (string, bool) {
	if w.look {
		return "", true
	}
	cut := w.m.maxText - cutMargin/2
	if i := strings.LastIndexAny(s[cut-cutMargin/4:cut], " \t\r\n"); i >= 0 {
		cut += i - cutMargin/4
	} else {
		cut -= cutMargin / 4
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
	}
	w.count("CUT")
	head, _ := w.text(s[:cut], v)
	out := head + " [" + strconv.Itoa(len(s)-cut) + "_BYTES_CUT]"
	if weight(out) > w.m.maxText {
		return w.longText(out, v)
	}
	out, _ = w.settled(out, v, w.m.scannerOf(v).Append(nil, out))
	return out, true
}

// weight returns the length of s with each placeholder counted as one byte: masking, which replaces what is at least that, makes no text too
// long for the next mask.
func weight(s string) int {
	n := len(s)
	for i := 0; i < len(s); {
		at := strings.IndexByte(s[i:], '[')
		if at < 0 {
			break
		}
		i += at
		if size := placeholderEnd(s[i:]); size > 0 {
			n -= size - 1
			i += size
		} else {
			i++
		}
	}
	return n
}

// keyName returns what is written for a key that holds a secret itself, empty for any other key. Without a context the detector
// is not asked: keys are not prose.
func (m *Masker) keyName(key string) string {
	w := walker{m: m, place: keyPlace}
	name, changed := w.text(key, verdict{})
	if changed && name == "" {
		return markRedacted
	}
	if !changed {
		return ""
	}
	return name
}
