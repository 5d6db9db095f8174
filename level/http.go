package level

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// maxBody bounds a PUT: a spec of the largest size, quoted.
const maxBody = 2 * maxSpec

// state is what GET answers.
type state struct {
	Level   string            `json:"level"`
	Spec    string            `json:"spec"`
	Loggers map[string]string `json:"loggers"`
	Until   *time.Time        `json:"until,omitempty"`
}

// request is what PUT takes.
type request struct {
	Spec   *string `json:"spec"`
	Level  *string `json:"level"`
	Logger *string `json:"logger"`
	For    *string `json:"for"`
}

// ServeHTTP answers GET and HEAD with the levels that hold and, for temporary ones, until when; it takes changes by PUT (see the
// package documentation) and answers with what holds then. An error is 400 with a JSON object {"error", "field", "value",
// "allowed"}, 405 for another method, 413 for a body over 128 KiB.
func (c *Controller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPut:
		if err := c.put(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
			status := http.StatusBadRequest
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				status = http.StatusRequestEntityTooLarge
				err = &inputError{"body", "", fmt.Sprintf("at most %d bytes", maxBody)}
			}
			refuse(w, status, err)
			return
		}
	default:
		w.Header().Set("Allow", "GET, HEAD, PUT")
		refuse(w, http.StatusMethodNotAllowed, &inputError{"method", r.Method, "GET, HEAD or PUT"})
		return
	}
	answer(w, http.StatusOK, c.state())
}

func (c *Controller) state() state {
	c.mu.Lock()
	defer c.mu.Unlock()
	rs := c.rules()
	s := state{Level: Name(rs.fallback), Spec: rs.spec, Loggers: make(map[string]string, len(rs.list))}
	for _, r := range rs.list {
		s.Loggers[r.prefix] = Name(r.level)
	}
	if !c.until.IsZero() {
		until := c.until.UTC()
		s.Until = &until
	}
	return s
}

const bodyAllowed = `a JSON object of strings: {"spec"} or {"level"}, with "logger" where it is for one, with "for" where it is for a time`

func (c *Controller) put(body io.Reader) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var req request
	if err := dec.Decode(&req); err != nil {
		if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && te.Field != "" {
			return &inputError{te.Field, te.Value, "a string"}
		}
		if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return &inputError{strings.Trim(field, `"`), "", "only the fields spec, level, logger and for"}
		}
		return &inputError{"body", string(text), bodyAllowed}
	}
	if dec.Decode(new(json.RawMessage)) != io.EOF {
		return &inputError{"body", string(text), "one " + bodyAllowed[len("a "):]}
	}
	var d time.Duration
	if req.For != nil {
		if d, err = time.ParseDuration(*req.For); err != nil || d <= 0 {
			return &inputError{"for", *req.For, "a duration above 0, such as 10m"}
		}
	}
	switch {
	case req.Spec != nil && (req.Level != nil || req.Logger != nil):
		return &inputError{"spec", *req.Spec, "no level or logger beside it"}
	case req.Spec != nil && d > 0:
		return c.SetFor(*req.Spec, d)
	case req.Spec != nil:
		return c.Set(*req.Spec)
	case req.Level == nil:
		return &inputError{"level", "", allowed}
	}
	l, err := Parse(*req.Level)
	if err != nil {
		return err
	}
	var prefix string
	if req.Logger != nil {
		prefix = strings.TrimSpace(*req.Logger)
		if !validPrefix(prefix) {
			return &inputError{"logger", *req.Logger, prefixAllowed}
		}
	}
	return c.setLogger(prefix, l, d)
}

func refuse(w http.ResponseWriter, status int, err error) {
	reply := struct {
		Error   string `json:"error"`
		Field   string `json:"field,omitempty"`
		Value   string `json:"value,omitempty"`
		Allowed string `json:"allowed,omitempty"`
	}{Error: err.Error()}
	if in, ok := errors.AsType[*inputError](err); ok {
		reply.Field, reply.Value, reply.Allowed = in.field, fmt.Sprintf("%.200s", in.value), in.allowed
	}
	answer(w, status, reply)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may have gone
}

var (
	_ http.Handler = (*Controller)(nil)
	_ slog.Leveler = (*Controller)(nil)
)
