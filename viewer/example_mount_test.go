package viewer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/viewer"
)

// A viewer is an http.Handler, at home under any prefix.
func ExampleNew() {
	page, err := viewer.New(lines.New(lines.Files("app.jsonl"), nil), &viewer.Options{
		Authorize: func(r *http.Request) error {
			if _, password, _ := r.BasicAuth(); password != "let me in" {
				return viewer.ErrUnauthenticated
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/logs/", http.StripPrefix("/logs", page))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/logs/", nil))
	fmt.Println(w.Code)
	// Output: 401
}
