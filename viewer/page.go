package viewer

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
)

// page fills in what the page must know before its first request.
func (v *Viewer) page(files fs.FS) ([]byte, error) {
	t, err := template.ParseFS(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		Title   string
		MaxRows int
		Audit   bool
	}{v.opts.Title, v.opts.MaxRows, v.opts.Audit != nil})
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	return b.Bytes(), nil
}

func (v *Viewer) serveIndex(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(v.index)))
	_, _ = w.Write(v.index)
}
