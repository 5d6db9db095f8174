package eval

import (
	"github.com/sluicelog/sluice/search"
)

// Edit appends the line as the request shows it: without hidden fields, and with the wanted ones alone where it names some.
// Objects that become empty go; everything else keeps its bytes and its order. A line that is no JSON object is the field msg.
func Edit(dst, line []byte, req *search.Request) []byte {
	if len(req.Hide) == 0 && len(req.Fields) == 0 {
		return append(dst, line...)
	}
	e := editor{scanner: scanner{text: line}, req: req}
	e.space()
	from := len(dst)
	dst, ok := e.object(dst, 0)
	if ok && e.atEnd() {
		return dst
	}
	dst = dst[:from]
	if req.Shown("msg") {
		return append(dst, line...)
	}
	return append(dst, "{}"...)
}

// editor copies what a request shows.
type editor struct {
	scanner
	req  *search.Request
	path []byte
}

// object copies an object.
func (e *editor) object(dst []byte, depth int) ([]byte, bool) {
	if depth > maxNesting || !e.take('{') {
		return dst, false
	}
	dst = append(dst, '{')
	start, outer := len(dst), len(e.path)
	if e.take('}') {
		return append(dst, '}'), true
	}
	for {
		raw, escaped, ok := e.str()
		if !ok || !e.take(':') {
			return dst, false
		}
		if outer > 0 {
			e.path = append(e.path, '.')
		}
		if escaped {
			e.path = appendUnescaped(e.path, raw)
		} else {
			e.path = append(e.path, raw...)
		}
		before := len(dst)
		if before > start {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), raw...), `":`...)
		var keep bool
		if dst, keep, ok = e.value(dst, depth+1); !ok {
			return dst, false
		}
		if !keep {
			dst = dst[:before]
		}
		e.path = e.path[:outer]
		if e.take('}') {
			return append(dst, '}'), true
		}
		if !e.take(',') {
			return dst, false
		}
	}
}

// value copies a value and says whether something of it is shown.
func (e *editor) value(dst []byte, depth int) (_ []byte, keep, ok bool) {
	from := len(dst)
	switch {
	case e.pos < len(e.text) && e.text[e.pos] == '{':
		empty := e.pos+1 < len(e.text) && e.text[e.pos+1] == '}'
		if e.req.Hidden(string(e.path)) {
			_, ok = e.object(nil, depth)
			return dst, false, ok
		}
		dst, ok = e.object(dst, depth)
		return dst, len(dst) > from+2 || empty && e.req.Shown(string(e.path)), ok
	case e.take('['):
		dst, keep, ok = e.list(dst, depth)
		return dst, keep, ok
	}
	start := e.pos
	var r Record
	if !e.scanner.value(&r, depth, nil) {
		return dst, false, false
	}
	end := e.pos
	for end > start && isWhite(e.text[end-1]) {
		end--
	}
	return append(dst, e.text[start:end]...), e.req.Shown(string(e.path)), true
}

// list copies the rest of a list, without the elements of which nothing is shown.
func (e *editor) list(dst []byte, depth int) (_ []byte, keep, ok bool) {
	dst = append(dst, '[')
	keep = e.req.Shown(string(e.path))
	if e.take(']') {
		return append(dst, ']'), keep, true
	}
	if depth > maxNesting {
		return dst, false, false
	}
	for first := len(dst); ; {
		before := len(dst)
		if before > first {
			dst = append(dst, ',')
		}
		var one bool
		if dst, one, ok = e.value(dst, depth+1); !ok {
			return dst, false, false
		}
		if !one {
			dst = dst[:before]
		}
		keep = keep || one
		if e.take(']') {
			return append(dst, ']'), keep, true
		}
		if !e.take(',') {
			return dst, false, false
		}
	}
}

func isWhite(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
