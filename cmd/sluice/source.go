package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sluicelog/sluice/internal/osclient"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/opensearch"
	"github.com/sluicelog/sluice/store"
)

// connection has the flags that say where OpenSearch is and how to log in.
type connection struct {
	url, user, caFile, pin string
	password, token        string
}

func (c *connection) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.url, "url", "", "`URL` of OpenSearch")
	fs.StringVar(&c.user, "user", "", "`NAME` to log in to OpenSearch")
	fs.StringVar(&c.password, "password", "env:OPENSEARCH_PASSWORD", "where its password is: env:NAME or file:PATH; with --user")
	fs.StringVar(&c.token, "token", "", "where a bearer token is: env:NAME or file:PATH")
	fs.StringVar(&c.caFile, "ca-file", "", "PEM `FILE` with the authorities of its certificate")
	fs.StringVar(&c.pin, "pin", "", "SHA-256 `FINGERPRINT` of its certificate")
}

func (c *connection) connection() osclient.Connection {
	conn := osclient.Connection{URLs: []string{c.url}, Username: c.user, Token: osclient.Secret(c.token), CAFile: c.caFile}
	if c.user != "" {
		conn.Password = osclient.Secret(c.password)
	}
	if c.pin != "" {
		conn.Pins = []string{c.pin}
	}
	return conn
}

// source has the flags that say what is searched: a store, OpenSearch, or files of JSON lines.
type source struct {
	connection
	store, index string
	cache        int // bytes of a store's columns kept between requests; 0: as the store has it
}

func (s *source) flags(fs *flag.FlagSet) {
	s.connection.flags(fs)
	fs.StringVar(&s.store, "store", "", "directory `DIR` of a store (default $SLUICE_STORE)")
	fs.StringVar(&s.index, "index", "logs-otel-v1-*", "index, data stream or `PATTERN` in OpenSearch")
}

// dir is the directory of the store.
func (s *source) dir() string { return cmp.Or(s.store, os.Getenv("SLUICE_STORE")) }

// holdsStore says what is wrong with a directory that is named as a store's: a reader would find nothing in any other. An empty one may
// become a store.
func holdsStore(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usageError{err}
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() == "tail" || filepath.Ext(e.Name()) == ".seg" {
			return nil
		}
	}
	if len(entries) > 0 {
		return usagef("%s holds no store, but %s", dir, entries[0].Name())
	}
	return nil
}

// open returns the searcher and what closes it. Files are those that the command line names behind the query.
func (s *source) open(files []string) (search.Searcher, func(), error) {
	switch {
	case s.store != "" && s.url != "", (s.store != "" || s.url != "") && len(files) > 0:
		return nil, nil, usagef("--store, --url and files exclude each other%s", more(files))
	case len(files) > 0:
		for _, name := range files {
			f, err := openFile(name)
			if err != nil {
				return nil, nil, err
			}
			_ = f.Close()
		}
		return lines.NewFiles(files, nil), func() {}, nil
	case s.url != "":
		client, err := osclient.New(s.connection.connection())
		if err != nil {
			return nil, nil, usageError{err}
		}
		// The client knows the addresses; the host here is not looked at.
		searcher, err := opensearch.New("http://opensearch", &opensearch.Options{Index: s.index, Client: client})
		if err != nil {
			return nil, nil, usageError{errors.Join(err, client.Close())}
		}
		return searcher, func() { _ = client.Close() }, nil
	case s.dir() != "":
		if err := holdsStore(s.dir()); err != nil {
			return nil, nil, err
		}
		r, err := store.OpenReader(s.dir())
		if err != nil {
			return nil, nil, usageError{err}
		}
		return r.Searcher(&store.SearchOptions{Cache: s.cache}), func() { _ = r.Close() }, nil
	}
	return nil, nil, usagef("nothing to search: want --store DIR, --url URL, or files")
}

// more tells of arguments behind a query, which are most often the rest of one that has no quotes.
func more(files []string) string {
	if len(files) == 0 {
		return ""
	}
	return fmt.Sprintf("; %q is read as a file, being behind the query: quote a query of several words", files[0])
}
