package scan

// maxColumns is how many columns of a statement are read.
const maxColumns = 32

// columnValues looks at the word VALUES at text[from:to] of a statement of SQL: what stands in the place of a column that names a secret
// is one, as in INSERT INTO users (name, password) VALUES ('bob', 'x'). It returns where to go on.
func (w *work) columnValues(from, to int) int {
	text := w.text
	if !equalFold(text[from:to], "values") || from < 4 {
		return to
	}
	end := from
	for end > 0 && isSpace(text[end-1]) {
		end--
	}
	if end == 0 || text[end-1] != ')' {
		return to
	}
	end--
	start := end
	for start > 0 && end-start < wordForward && text[start-1] != '(' && text[start-1] != ')' {
		start--
	}
	var columns [maxColumns]struct{ from, to int }
	n, secret := 0, false
	for i := start; i < end && n < maxColumns; n++ {
		for i < end && !is(text[i], word) && text[i] != ',' {
			i++
		}
		columns[n].from = i
		i = span(text, i, word)
		columns[n].to = i
		secret = secret || secretColumn(text[columns[n].from:i])
		for i < end && text[i] != ',' {
			i++
		}
		i++
	}
	if !secret {
		return to
	}
	i := to
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	if i == len(text) || text[i] != '(' {
		return to
	}
	i++
	for k := 0; k < n && i < len(text) && text[i] != ')'; k++ {
		for i < len(text) && (text[i] == ' ' || text[i] == ',') {
			i++
		}
		if i == len(text) || text[i] != '\'' {
			for i < len(text) && text[i] != ',' && text[i] != ')' && text[i] != '\'' {
				i++
			}
			continue
		}
		v := value{start: i + 1, end: closingQuote(text, i+1, '\'', 0), quoted: true}
		if name := text[columns[k].from:columns[k].to]; v.end > v.start && secretColumn(name) {
			if kind, score := w.keyedKind(classify(name), name, v); kind != 0 {
				w.add(v.start, v.end, kind, score)
			}
		}
		i = v.end + 1
	}
	return to
}

// secretColumn reports whether the value in a column of the name is a secret.
func secretColumn(name string) bool {
	class := classify(name)
	return class != noKey && class < authKey
}
