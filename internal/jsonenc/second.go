package jsonenc

import "time"

// A second remembers the text of a second: records of the same one differ only in the fraction.
type second struct {
	unix int64
	loc  *time.Location // nil: remembers nothing
	text [48]byte       // date, time, zone
	zone int            // where the zone starts
	end  int
}

// append appends t in the format of time.RFC3339Nano.
func (s *second) append(dst []byte, t time.Time) []byte {
	unix, loc := t.Unix(), t.Location()
	if unix != s.unix || loc != s.loc {
		s.set(t, unix, loc)
	}
	dst = append(dst, s.text[:s.zone]...)
	dst = appendFraction(dst, uint32(t.Nanosecond()))
	return append(dst, s.text[s.zone:s.end]...)
}

func (s *second) set(t time.Time, unix int64, loc *time.Location) {
	s.unix, s.loc = unix, loc
	s.end = len(t.AppendFormat(s.text[:0], time.RFC3339))
	s.zone = s.end - len("+00:00")
	if s.text[s.end-1] == 'Z' {
		s.zone = s.end - 1
	}
}
