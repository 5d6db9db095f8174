package entity

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unsafe"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// mayBeJSON says whether s could be a JSON object, list or string.
func mayBeJSON(s string) bool {
	if len(s) < 2 {
		return false
	}
	switch s[0] {
	case '{':
		return s[len(s)-1] == '}'
	case '[':
		return s[len(s)-1] == ']'
	}
	return s[0] == '"' && s[len(s)-1] == '"'
}

func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// json returns the valid JSON text s masked, and whether that is another text: strings are masked under their keys, all else stands as
// it stood.
func (m *Masker) json(s string, key tag.Key) ([]byte, bool) {
	j := jsonWalk{m: m, s: s}
	j.value("", "", key)
	if !j.changed {
		return nil, false
	}
	return append(j.out, s[j.copied:]...), true
}

type jsonWalk struct {
	m       *Masker
	s       string
	i       int
	out     []byte
	copied  int // how much of s is in out
	changed bool
}

func (j *jsonWalk) space() {
	for j.i < len(j.s) && j.s[j.i] <= ' ' {
		j.i++
	}
}

// value walks over one value, under a key in a group.
func (j *jsonWalk) value(group, name string, key tag.Key) {
	j.space()
	switch j.s[j.i] {
	case '{':
		j.i++
		var taken map[string]int
		for j.space(); j.s[j.i] != '}'; j.space() {
			if j.s[j.i] == ',' {
				j.i++
				j.space()
			}
			start := j.i
			j.skipString()
			k := unquoted(j.s[start:j.i])
			if strings.IndexByte(k, ' ') >= 0 { // no identifier: maps have data as their keys
				if masked, changed := j.m.prose(k, tag.Key{}); changed {
					if taken == nil {
						taken = make(map[string]int)
					}
					if taken[masked]++; taken[masked] > 1 {
						masked += "#" + strconv.Itoa(taken[masked])
					}
					j.put(start, masked)
				}
			}
			j.space()
			j.i++ // the colon
			j.value(name, k, j.m.keys.judge(name, k))
		}
		j.i++
	case '[':
		j.i++
		for j.space(); j.s[j.i] != ']'; j.space() {
			if j.s[j.i] == ',' {
				j.i++
			}
			j.value(group, name, key)
		}
		j.i++
	case '"':
		start := j.i
		j.skipString()
		text := unquoted(j.s[start:j.i])
		if masked, changed := j.m.text(text, key); changed {
			j.put(start, masked)
		}
	default:
		for j.i < len(j.s) && j.s[j.i] != ',' && j.s[j.i] != ']' && j.s[j.i] != '}' && j.s[j.i] > ' ' {
			j.i++
		}
	}
}

// put writes a string in the place of the one that began at start and ends here.
func (j *jsonWalk) put(start int, text string) {
	j.out = appendString(append(j.out, j.s[j.copied:start]...), text)
	j.copied, j.changed = j.i, true
}

func (j *jsonWalk) skipString() {
	for j.i++; j.s[j.i] != '"'; j.i++ {
		if j.s[j.i] == '\\' {
			j.i++
		}
	}
	j.i++
}

// unquoted returns what a valid JSON string stands for.
func unquoted(s string) string {
	inner := s[1 : len(s)-1]
	for i := range len(inner) {
		if inner[i] == '\\' {
			var out string
			if json.Unmarshal(view(s), &out) != nil {
				return inner
			}
			return out
		}
	}
	return inner
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string is always encoded
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
