package scan

import (
	"sync"
	"unsafe"
)

const (
	viewBack = 128  // how far before an escape a view begins at most
	viewSize = 1024 // how much a view holds at most
)

// percent looks at the percent sign at i.
func (w *work) percent(i int) int {
	_, size := unescape(w.text, i)
	if size == 0 {
		return i + 1
	}
	if !w.view && i >= w.viewed {
		w.decoded(i)
	}
	return i + size
}

// escape looks at the backslash at i. The letter of an escape is stepped over, so that a word does not begin with
// the n of \n, and the signs that JSON writers escape are read through a view.
func (w *work) escape(i int) int {
	text := w.text
	j := i + 1
	for j < len(text) && text[j] == '\\' {
		j++
	}
	if j >= len(text) {
		return j
	}
	switch text[j] {
	case 'n', 'r', 't', 'b', 'f', '0':
		return j + 1
	case 'x':
		if hexRun(text, j+1, 2) == 2 {
			return j + 3
		}
	case 'u':
		c, size := unescape(text, i)
		if size == 0 {
			if hexRun(text, j+1, 4) == 4 {
				return j + 5
			}
			return j
		}
		switch c {
		case '@', '=', '+', ':':
			if !w.view && i >= w.viewed {
				w.decoded(i)
			}
		}
		return i + size
	}
	return j
}

// unescape returns the byte that the escape at i stands for, and the escape's length: %40, %2540, \u0040,
// \\u0040. The length is 0 where there is none, or none that stands for a printable byte of ASCII.
func unescape(text string, i int) (c byte, size int) {
	j := i
	if text[i] == '%' {
		j++
		if j+4 <= len(text) && text[j] == '2' && text[j+1] == '5' && hexRun(text, j+2, 2) == 2 {
			j += 2
		}
	} else {
		for j < len(text) && text[j] == '\\' {
			j++
		}
		if j+5 > len(text) || text[j] != 'u' || text[j+1] != '0' || text[j+2] != '0' {
			return 0, 0
		}
		j += 3
	}
	if hexRun(text, j, 2) != 2 {
		return 0, 0
	}
	c = hexValue(text[j])<<4 | hexValue(text[j+1])
	return c, j + 2 - i
}

// decoded scans what surrounds the escape at i with its escapes resolved, and records what it finds at the place
// in the text. What it decodes is bounded, and no stretch is decoded twice.
func (w *work) decoded(i int) {
	text := w.text
	start := i
	for start > 0 && i-start < viewBack && !endsView(text[start-1]) {
		start--
	}
	v := views.Get().(*view)
	defer views.Put(v)
	n, j := 0, start
	for j < len(text) && n < viewSize && !endsView(text[j]) && j-start < 3*viewSize {
		c, size := text[j], 1
		if c == '%' || c == '\\' {
			if d, k := unescape(text, j); k > 0 {
				c, size = d, k
			} else if c == '\\' {
				break
			}
		}
		v.text[n], v.offset[n] = c, uint16(j-start)
		n++
		j += size
	}
	v.offset[n] = uint16(j - start)
	w.viewed = j
	inner := work{Scanner: w.Scanner, text: unsafe.String(&v.text[0], n), dst: v.found[:0], view: true}
	inner.pass()
	for _, m := range inner.dst {
		w.add(start+int(v.offset[m.Start]), start+int(v.offset[m.End]), m.Kind, m.Score)
	}
	v.found = inner.dst
}

// view is a stretch of a text with its escapes resolved; offset[i] is where in the stretch text[i] stood. No string of
// text outlives decoded: what is found are numbers.
type view struct {
	text   [viewSize]byte
	offset [viewSize + 1]uint16
	found  []Match
}

var views = sync.Pool{New: func() any { return new(view) }}

func endsView(c byte) bool {
	return isSpace(c) || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`'
}
