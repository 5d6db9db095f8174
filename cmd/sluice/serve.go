package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sluicelog/sluice/viewer"
)

var serveCommand = command{
	name: "serve", args: "[FILE...]", short: "show records on a web page",
	long: `
Serves a page that searches a store, OpenSearch or files. It listens on the loopback interface and answers to its names alone,
unless --listen says otherwise; on any other address it wants --auth.

  sluice serve --store logs
  sluice serve app.jsonl
  SLUICE_AUTH=ops:secret sluice serve --store logs --listen :8080 --auth env:SLUICE_AUTH --cert cert.pem --key key.pem`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		from := source{cache: pageCache}
		from.flags(fs)
		listen := fs.String("listen", "127.0.0.1:8080", "`ADDRESS` to listen on")
		auth := fs.String("auth", "", "where USER:PASSWORD is that the page asks for: env:NAME or file:PATH")
		cert := fs.String("cert", "", "PEM `FILE` with a certificate: serve TLS")
		key := fs.String("key", "", "PEM `FILE` with its key")
		title := fs.String("title", "", "`TEXT` at the top of the page")
		return func(ctx context.Context, e env, files []string) error {
			opts := viewer.Options{Title: *title}
			loopback, err := isLoopback(*listen)
			if err != nil {
				return usageError{err}
			}
			switch {
			case *auth != "":
				if opts.Authorize, err = basicAuth(*auth); err != nil {
					return usageError{err}
				}
			case !loopback:
				return usagef("--listen %s is reached from other hosts: want --auth too", *listen)
			}
			if loopback {
				opts.Hosts = []string{"localhost", "127.0.0.1", "::1"}
			}
			if (*cert == "") != (*key == "") {
				return usagef("--cert and --key go together")
			}
			searcher, done, err := from.open(files)
			if err != nil {
				return err
			}
			defer done()
			page, err := viewer.New(searcher, &opts)
			if err != nil {
				return usageError{err}
			}
			return serve(ctx, e, page, *listen, *cert, *key)
		}
	},
}

// pageCache is how many bytes of a store's columns stay decoded while a page is served: one query of the page asks for the same columns
// several times, and so does the next. Ten million records take about half of it.
const pageCache = 384 << 20

// serve serves until ctx is done.
func serve(ctx context.Context, e env, page http.Handler, address, cert, key string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return usageError{err}
	}
	srv := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	scheme := "http"
	ended := make(chan error, 1)
	go func() {
		if cert != "" {
			ended <- srv.ServeTLS(l, cert, key)
			return
		}
		ended <- srv.Serve(l)
	}()
	if cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(e.stderr, "sluice serve: %s://%s/\n", scheme, l.Addr())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(closing); err != nil {
		return errors.Join(srv.Close(), err)
	}
	return nil
}

// isLoopback says whether only this host can reach the address.
func isLoopback(address string) (bool, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false, fmt.Errorf("--listen %q: want HOST:PORT, or :PORT for all addresses: %w", address, err)
	}
	if strings.EqualFold(host, "localhost") {
		return true, nil
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback(), nil
}

// basicAuth lets requests pass that carry the user and password of a secret. Hashes are compared, so that the time that it takes
// tells nothing, not even a length.
func basicAuth(where string) (func(*http.Request) error, error) {
	text, err := secret(where)
	if err != nil {
		return nil, err
	}
	user, password, ok := strings.Cut(text, ":")
	if !ok || user == "" || password == "" {
		return nil, fmt.Errorf("--auth %s: want USER:PASSWORD there", where)
	}
	wantUser, wantPassword := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	return func(r *http.Request) error {
		u, p, _ := r.BasicAuth()
		haveUser, havePassword := sha256.Sum256([]byte(u)), sha256.Sum256([]byte(p))
		if subtle.ConstantTimeCompare(haveUser[:], wantUser[:])&subtle.ConstantTimeCompare(havePassword[:], wantPassword[:]) == 1 {
			return nil
		}
		return viewer.ErrUnauthenticated
	}, nil
}

// secret reads env:NAME or file:PATH.
func secret(where string) (string, error) {
	if name, ok := strings.CutPrefix(where, "env:"); ok {
		if v := os.Getenv(name); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("--auth %s: the environment variable is not set", where)
	}
	if path, ok := strings.CutPrefix(where, "file:"); ok {
		b, err := os.ReadFile(path)
		return strings.TrimRight(string(b), "\r\n"), err
	}
	return "", errors.New("--auth: want env:NAME or file:PATH, so that the secret is not on the command line")
}
