package viewer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/sluicelog/sluice/search"
)

// badRequest is an error of the one who asked.
type badRequest struct{ error }

// failure is how an error reaches the page.
type failure struct {
	Error  string `json:"error"`
	Column int    `json:"column,omitempty"` // of the query, in characters from 1
}

func refuse(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, failure{Error: text})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"the answer cannot be encoded"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// bounded makes a handler of a function that answers within the timeout.
func (v *Viewer) bounded(answer func(context.Context, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), v.opts.Timeout)
		defer cancel()
		out, err := answer(ctx, r)
		if err != nil {
			v.fail(w, err)
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

// fail says what was wrong with a request. Errors of the searcher may tell of hosts and paths: their text is not for the page.
func (v *Viewer) fail(w http.ResponseWriter, err error) {
	var syntax *search.SyntaxError
	var bad badRequest
	switch {
	case errors.As(err, &syntax):
		writeJSON(w, http.StatusBadRequest, failure{syntax.Reason, syntax.Column})
	case errors.As(err, &bad):
		refuse(w, http.StatusBadRequest, bad.Error())
	case errors.Is(err, search.ErrNotFound):
		refuse(w, http.StatusNotFound, "there is no such record, or no longer")
	case errors.Is(err, search.ErrBuckets), errors.Is(err, search.ErrMemory), errors.Is(err, search.ErrCursor):
		refuse(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		refuse(w, http.StatusGatewayTimeout, "this took longer than "+v.opts.Timeout.String()+"; narrow the query or the time range")
	case errors.Is(err, context.Canceled):
		refuse(w, 499, "cancelled") // nobody listens any more
	default:
		v.errs.Report(err)
		refuse(w, http.StatusBadGateway, "the search failed")
	}
}
