package viewer

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
)

// assetsAt is the folder under which the page asks for its assets. Its name changes with what is in them, so that browsers may keep them.
func assetsAt(files fs.FS) (string, error) {
	names, err := fs.Glob(files, "*")
	if err != nil {
		return "", fmt.Errorf("viewer: %w", err)
	}
	h := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return "", fmt.Errorf("viewer: %w", err)
		}
		_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(b), b)
	}
	return fmt.Sprintf("assets/%x", h.Sum(nil)[:8]), nil
}

// page fills in what the page must know before its first request.
func (v *Viewer) page(files fs.FS, assets string) ([]byte, error) {
	t, err := template.ParseFS(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	modules, err := fs.Glob(files, "*.js")
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		Title   string
		MaxRows int
		Audit   bool
		Assets  string
		Modules []string // all of them at once: none waits until another names it
	}{v.opts.Title, v.opts.MaxRows, v.opts.Audit != nil, assets, modules})
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

// keep lets browsers keep an asset, which never changes under its name.
func keep(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
		next.ServeHTTP(w, r)
	})
}
