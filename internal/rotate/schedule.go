package rotate

import "time"

// clock is a time of the day.
type clock struct{ hour, min, sec int }

func parseClock(s string) (clock, error) {
	t, err := time.Parse("15:04:05", s)
	if err != nil {
		t, err = time.Parse("15:04", s)
	}
	return clock{t.Hour(), t.Minute(), t.Second()}, err
}

// schedule is when a file is due for rotation.
type schedule struct {
	maxAge, interval time.Duration
	at               []clock
	loc              *time.Location
}

func newSchedule(o *Options) schedule {
	s := schedule{maxAge: o.MaxAge, interval: o.Interval, loc: o.Location}
	for _, text := range o.At {
		if c, err := parseClock(text); err == nil { // Validate has seen it
			s.at = append(s.at, c)
		}
	}
	return s
}

// next returns the first moment after born at which a file born then is due; zero for never.
func (s schedule) next(born time.Time) time.Time {
	var first time.Time
	consider := func(t time.Time) {
		if t.After(born) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if s.maxAge > 0 {
		consider(born.Add(s.maxAge))
	}
	y, m, d := born.In(s.loc).Date()
	if s.interval > 0 {
		// By the clock on the wall, so that a day of 25 hours ends at midnight too. The next midnight always counts: an interval that
		// does not divide the day starts over.
		now := sinceMidnight(born.In(s.loc))
		to := now.Truncate(s.interval) + s.interval
		// In an hour that the clock shows twice, time.Date knows the first alone.
		if t := born.Add(to - now).Truncate(time.Second); sinceMidnight(t.In(s.loc))%s.interval == 0 {
			consider(t)
		}
		consider(time.Date(y, m, d, 0, 0, int(to/time.Second), int(to%time.Second), s.loc))
		consider(time.Date(y, m, d+1, 0, 0, 0, 0, s.loc))
	}
	for _, c := range s.at {
		consider(time.Date(y, m, d, c.hour, c.min, c.sec, 0, s.loc))
		consider(time.Date(y, m, d+1, c.hour, c.min, c.sec, 0, s.loc))
	}
	return first.Round(0) // the wall clock counts, also across a suspended machine
}

// sinceMidnight is what the clock shows, in whole seconds.
func sinceMidnight(t time.Time) time.Duration {
	hour, min, sec := t.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(min)*time.Minute + time.Duration(sec)*time.Second
}
