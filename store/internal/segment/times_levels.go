package segment

import (
	"log/slog"

	"github.com/sluicelog/sluice/internal/jsonline"
)

// Times returns the time of each record in nanoseconds since 1970. It is the first of the members time, ts, timestamp and
// @timestamp that can be read, in a text that is no object the first time with a date; a record without has the time of the one before it.
// It is not to be written to.
func (s *Segment) Times() (out []int64, err error) {
	defer guard(&err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.times != nil {
		return s.times, nil
	}
	s.changes.Add(1)
	times, have := make([]int64, s.rows), make([]bool, s.rows)
	for _, key := range jsonline.TimeKeys {
		for _, c := range s.Find(key) {
			if c.key.kind != String && c.key.kind != Number {
				continue
			}
			if err := c.times(times, have); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range s.Find("") {
		if c.key.kind == Text {
			if err := c.textTimes(times, have); err != nil {
				return nil, err
			}
			if err := c.objectTimes(times, have); err != nil {
				return nil, err
			}
		}
	}
	last, first := int64(0), -1
	for i := range times {
		if !have[i] {
			times[i] = last
			continue
		}
		if first < 0 {
			first = i
			for k := range i {
				times[k] = times[i]
			}
		}
		last = times[i]
	}
	s.times = times
	return times, nil
}

// times fills in the times of the column's records that have none yet.
func (c *Column) times(times []int64, have []bool) error {
	if err := c.load(); err != nil {
		return err
	}
	if at, ok := c.v.instants(); ok && c.v.timeLayout().dated() {
		l := c.v.timeLayout()
		scale, shift := 1e9/l.unit(), l.offset()
		for i, r := range c.rows {
			if !have[r] {
				times[r], have[r] = at[c.place(i)]*scale-shift, true
			}
		}
		return nil
	}
	var b []byte
	for i, r := range c.rows {
		if have[r] {
			continue
		}
		var err error
		if b, err = c.AppendValue(b[:0], i); err != nil {
			return err
		}
		if t, ok := parseTime(b, c.key.kind); ok {
			times[r], have[r] = t, true
		}
	}
	return nil
}

func parseTime(b []byte, kind Kind) (int64, bool) {
	v := slog.StringValue(string(b))
	if kind == Number {
		v = jsonline.Number(string(b))
	} else if ls := wholeTimes(b); len(ls) > 0 && ls[0].dated() {
		t, _, _ := ls[0].parse(b)
		return t*(1e9/ls[0].unit()) - ls[0].offset(), true
	}
	t, ok := jsonline.Time(v)
	return t.UnixNano(), ok
}

// textTimes takes the first slot of each template that is a time with a date.
func (c *Column) textTimes(times []int64, have []bool) error {
	codes, err := c.templateCodes()
	if codes == nil || err != nil {
		return err
	}
	first := make([]int, len(c.v.templates))
	layouts := make([]layout, len(first))
	for code := range first {
		first[code], layouts[code] = c.v.templates[code].firstTime()
	}
	for slot, id := range c.refIDs {
		used := false
		for code := range first {
			used = used || first[code] == slot
		}
		if !used {
			continue
		}
		f := c.seg.fields[id]
		if err := f.load(); err != nil {
			return err
		}
		index := f.entries()
		at, isTime := f.v.instants()
		var b []byte
		for i, r := range c.rows {
			if code := codes[i]; !have[r] && first[code] == slot && index[r] >= 0 {
				l := layouts[code]
				var v int64
				if isTime {
					v = at[f.place(int(index[r]))]
				} else {
					b = f.v.append(b[:0], f.place(int(index[r])))
					v, _, _ = l.parse(b)
				}
				times[r], have[r] = v*(1e9/l.unit()), true
			}
		}
	}
	return nil
}

// firstTime returns the slot of the first time that has a date, -1 if there is none.
func (t *template) firstTime() (int, layout) {
	nth := 0
	for k := 0; k < len(t.key); k++ {
		switch t.key[k] {
		case markVar:
			nth++
		case markTime:
			k++
			if l := layouts[t.key[k]]; l.dated() && l.unit() <= 1e9 {
				return t.slots[nth], l
			}
			nth++
		case markRef:
			for k++; k < len(t.key) && t.key[k] >= 0x80; k++ {
			}
		}
	}
	return -1, ""
}

// Levels returns the level of each record, [slog.Level] as int8: that of the members level, severity and lvl, in a text the
// first word in capitals or brackets that names one; INFO where there is none. It is not to be written to.
func (s *Segment) Levels() (out []int8, err error) {
	defer guard(&err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.levels != nil {
		return s.levels, nil
	}
	s.changes.Add(1)
	levels, have := make([]int8, s.rows), make([]bool, s.rows)
	for _, key := range jsonline.LevelKeys {
		for _, c := range s.Find(key) {
			if c.key.kind != String {
				continue
			}
			if err := c.levels(levels, have); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range s.Find("") {
		if err := c.textLevels(levels); err != nil {
			return nil, err
		}
		if err := c.objectLevels(levels); err != nil {
			return nil, err
		}
	}
	s.levels = levels
	return levels, nil
}

func (c *Column) levels(levels []int8, have []bool) error {
	d, err := c.Dict()
	if err != nil {
		return err
	}
	type named struct {
		level slog.Level
		ok    bool
	}
	parse := func(value []byte) (n named) {
		n.level, n.ok = jsonline.Level(string(value))
		return n
	}
	set := func(i int, n named) {
		if row := c.rows[i]; n.ok && !have[row] {
			levels[row], have[row] = levelByte(n.level), true
		}
	}
	var b []byte
	if d == nil {
		for i := range c.rows {
			if b, err = c.AppendValue(b[:0], i); err != nil {
				return err
			}
			set(i, parse(b))
		}
		return nil
	}
	names := make([]named, d.Len())
	for code := range names {
		b = d.AppendValue(b[:0], code)
		names[code] = parse(b)
	}
	for i, code := range d.Codes {
		set(i, names[code])
	}
	return nil
}

// textLevels reads the levels of lines of text: once for each template, and where the template has brackets of which one may
// hold the level, once for each line.
func (c *Column) textLevels(levels []int8) error {
	ts, err := c.Templates()
	if ts == nil || err != nil {
		return err
	}
	codes := ts.ByRow()
	const unknown, open = -128, 127
	byCode := make([]int8, ts.Len())
	var b []byte
	for code := range byCode {
		text := ts.Literal(code)
		if l, ok := textLevel(text); ok {
			byCode[code] = int8(l)
		} else if holeInBrackets(text) {
			byCode[code] = open
		} else {
			byCode[code] = unknown
		}
	}
	for i, r := range c.rows {
		switch l := byCode[codes.At(r)-1]; l {
		case unknown:
		case open:
			if b, err = c.AppendValue(b[:0], i); err != nil {
				return err
			}
			if l, ok := textLevel(b); ok {
				levels[r] = int8(l)
			}
		default:
			levels[r] = l
		}
	}
	return nil
}

// textLevel finds a level's name in capitals, or in brackets, near the start of a line.
func textLevel(s []byte) (slog.Level, bool) {
	s = s[:min(len(s), 160)]
	for i := 0; i < len(s); {
		if c := s[i] &^ 0x20; c < 'A' || c > 'Z' {
			i++
			continue
		}
		end, _ := word(s, i)
		w := s[i:end]
		bracket := i > 0 && (s[i-1] == '[' || s[i-1] == '<') && end < len(s) && (s[end] == ']' || s[end] == '>')
		capitals := true
		for _, c := range w {
			capitals = capitals && c >= 'A' && c <= 'Z'
		}
		if (bracket || capitals && len(w) > 2) && len(w) <= 9 {
			if string(w) == "LOG" { // PostgreSQL
				return slog.LevelInfo, true
			}
			if l, ok := jsonline.Level(string(w)); ok {
				return l, true
			}
		}
		i = end
	}
	return 0, false
}

func holeInBrackets(s []byte) bool {
	for i := range len(s) - 2 {
		if s[i] == '[' && s[i+1] == Hole && s[i+2] == ']' {
			return true
		}
	}
	return false
}

// offset is the layout's offset from UTC in nanoseconds.
func (l layout) offset() int64 {
	const n = 6 // +02:00
	if len(l) < n || l[len(l)-3] != ':' {
		return 0
	}
	s := l[len(l)-n:]
	if s[0] != '+' && s[0] != '-' {
		return 0
	}
	h, ok := digits([]byte(s[1:]), 2)
	m, ok2 := digits([]byte(s[4:]), 2)
	if !ok || !ok2 {
		return 0
	}
	off := int64(h*60+m) * 60e9
	if s[0] == '-' {
		return -off
	}
	return off
}
