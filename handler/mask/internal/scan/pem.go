package scan

import "strings"

// pem looks at the word of dashes at text[start:end]: a private key in PEM or PGP armour, whole, cut off, with
// real line breaks or with \n. Other blocks, as certificates, are stepped over, so that nothing is found in them.
func (w *work) pem(start, end int) int {
	text := w.text
	at := strings.Index(text[start:end], "-----BEGIN")
	if at < 0 || start+at+10 != end {
		return end
	}
	begin := start + at
	label := end
	for label < len(text) && label-end < 64 && (is(text[label], upper|digit|under) || text[label] == ' ') {
		label++
	}
	name := text[end:label]
	body := span(text, label, dash)
	if body == label && label < len(text) {
		return end
	}
	stop := armourEnd(text, body)
	if strings.Contains(name, "PRIVATE KEY") || name == " OPENSSH PRIVATE" {
		w.add(begin, stop, PrivateKey, 1)
	}
	return max(stop, end)
}

// armourEnd returns the end of the block whose body begins at i: after its -----END line, or where what could be
// its body ends.
func armourEnd(text string, i int) int {
	last := i // the end of the body, without what blank and breaks follow it
	for i < len(text) {
		c := text[i]
		switch {
		case strings.HasPrefix(text[i:], "-----END"):
			i += 8
			for i < len(text) && (is(text[i], upper|digit) || text[i] == ' ') {
				i++
			}
			return span(text, i, dash)
		case isSpace(c):
			i++
		case c == '\\' && i+1 < len(text):
			j := i
			for j < len(text) && text[j] == '\\' {
				j++
			}
			if j >= len(text) || text[j] != 'n' && text[j] != 'r' && text[j] != 't' && text[j] != '/' {
				return last
			}
			i = j + 1
		case is(c, letter|digit|base64):
			j := span(text, i, letter|digit|base64)
			if j < len(text) && text[j] == ':' && !strings.Contains(text[i:j], "/") || j < len(text) && text[j] == '-' && j-i < 12 {
				// Headers of the armour: Proc-Type: 4,ENCRYPTED.
				h := headerEnd(text, i)
				if h == 0 {
					return last
				}
				i, last = h, h
				continue
			}
			if j-i < 16 && !bodyTail(text, i, j, last) {
				return last
			}
			i, last = j, j
		default:
			return last
		}
	}
	return last
}

// headerEnd returns the end of the armour's header line at i, and 0 when it is none.
func headerEnd(text string, i int) int {
	for _, name := range [...]string{"Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:", "Charset:"} {
		if strings.HasPrefix(text[i:], name) {
			for i < len(text) && text[i] != '\n' && text[i] != '\r' && text[i] != '\\' && text[i] != '"' {
				i++
			}
			return i
		}
	}
	return 0
}

// bodyTail reports whether the short piece text[i:j] is the last line of a body rather than the text after one:
// it holds a digit, sign or padding, or both cases.
func bodyTail(text string, i, j, last int) bool {
	m := classes(text[i:j])
	return m&(digit|base64) != 0 || m&letter == letter && !(is(text[i], upper) && classes(text[i+1:j]) == lower)
}
