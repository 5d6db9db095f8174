package mask

import (
	"net/url"
	"reflect"
	"strings"
)

// url walks over a url.URL as its text, in which the password and the values of secret parameters are masked too.
func (w *walker) url(rv reflect.Value, v verdict) bool {
	u := rv.Interface().(url.URL)
	user := u.User.Username()
	password, has := u.User.Password()
	query, changed := w.query(u.RawQuery)
	if has && password != "" && !hidden(password) || changed {
		if w.look {
			return false
		}
		u.RawQuery = query
		if has {
			u.User = url.User(user)
			w.count("URL_CREDENTIALS")
		}
	}
	text := u.String()
	if has && u.User != nil {
		if _, still := u.User.Password(); !still {
			at := u.User.String() + "@"
			text = strings.Replace(text, at, u.User.String()+":"+markRedacted+"@", 1)
		}
	}
	return w.textValue(text, v)
}

// query masks the values of parameters with secret names in a raw query.
func (w *walker) query(raw string) (string, bool) {
	if raw == "" {
		return raw, false
	}
	var out []string
	changed := false
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		if key, err := url.QueryUnescape(name); err == nil {
			name = key
		}
		e := w.m.judge(name)
		if decoded, err := url.QueryUnescape(value); e.class == secret && value != "" && !masked(value) && (err != nil || !masked(decoded)) {
			changed = true
			if w.look {
				return "", true
			}
			w.count("KEY")
			if e.action == Drop {
				continue
			}
			part = part[:len(part)-len(value)] + w.m.replacement(e.action, "", decoded)
		}
		out = append(out, part)
	}
	return strings.Join(out, "&"), changed
}

// request walks over an http.Request: never printed as it is, since its structure ends in the server's. What is written is
// what a reader of a log looks for, and of the body nothing. The type is known by name, so that package net/http
// is not linked into programs that do not use it.
func (w *walker) request(rv reflect.Value, v verdict, depth int) bool {
	if w.look {
		return false
	}
	w.put('{')
	first := true
	for _, f := range [...]struct{ field, name string }{
		{"Method", "method"}, {"URL", "url"}, {"Proto", "proto"}, {"Host", "host"}, {"RemoteAddr", "remote_addr"},
		{"ContentLength", "content_length"}, {"Header", "header"}, {"Trailer", "trailer"},
	} {
		fv := rv.FieldByName(f.field)
		if !fv.IsValid() || fv.IsZero() {
			continue
		}
		w.member(f.name, &first)
		n := w.at(f.name)
		w.value(fv, w.m.planOf(fv.Type()), v.under(w.m.judge(f.name).verdict), depth+1)
		w.back(n)
	}
	w.put('}')
	return true
}
