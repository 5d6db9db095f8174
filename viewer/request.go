package viewer

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
)

// request reads what the page asks for: q, from, to, limit, sort, cursor, fields, weigh.
func (v *Viewer) request(r *http.Request, now time.Time) (*search.Request, error) {
	p := r.URL.Query()
	req := &search.Request{Now: now, Cursor: p.Get("cursor"), Weigh: p.Get("weigh") == "1", Timeout: v.opts.Timeout * 9 / 10}
	var err error
	if req.Query, err = search.Parse(p.Get("q")); err != nil {
		return nil, err
	}
	if req.From, err = point(p, "from", now); err != nil {
		return nil, err
	}
	if req.To, err = point(p, "to", now); err != nil {
		return nil, err
	}
	if req.Sort, err = search.ParseSort(p.Get("sort")); err != nil {
		return nil, badRequest{err}
	}
	if req.Limit, err = number(p, "limit", 100, v.opts.MaxRows); err != nil {
		return nil, err
	}
	if f := p.Get("fields"); f != "" {
		req.Fields = strings.Split(f, ",")
	}
	if v.opts.Forced != nil {
		if req.Forced, err = v.opts.Forced(r); err != nil {
			return nil, fmt.Errorf("viewer: forced filter: %w", err)
		}
	}
	if v.opts.Hide != nil {
		req.Hide = v.opts.Hide(r)
	}
	if err := req.Validate(); err != nil {
		return nil, badRequest{err}
	}
	return req, nil
}

// point reads a time: RFC 3339, now, or a duration before it such as -15m or -7d. Empty is the zero time: no bound.
func point(p url.Values, name string, now time.Time) (time.Time, error) {
	text := p.Get(name)
	switch {
	case text == "":
		return time.Time{}, nil
	case text == "now":
		return now, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n < 0 && n > -100_000 {
			return now.AddDate(0, 0, n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d < 0 {
		return now.Add(d), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, badRequest{fmt.Errorf("%s is %.40q: want a time such as 2006-01-02T15:04:05Z, a duration such as -15m or -7d, or now", name, text)}
	}
	return t, nil
}

// number reads a parameter from 1 to most, and zero when it is not there.
func number(p url.Values, name string, zero, most int) (int, error) {
	text := p.Get(name)
	if text == "" {
		return min(zero, most), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, badRequest{fmt.Errorf("%s is %.20q: want a number from 1 to %d", name, text, most)}
	}
	return n, nil
}
