// Command httpserver logs HTTP requests in a way that is safe by default: method, route, status, size and duration, and
// neither query string nor headers nor bodies. Every record of a request carries its identifiers.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/correlate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, "127.0.0.1:8080"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) (err error) {
	stack, err := sluice.Open(ctx, sluice.Config{Service: sluice.ServiceConfig{Name: "hello"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close(context.WithoutCancel(ctx))) }()
	slog.SetDefault(stack.Logger())

	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	// correlate.Handler is outermost: what it puts into the context is there for the request's own record, too.
	srv := &http.Server{Handler: correlate.Handler(logRequests(slog.Default(), routes()), nil), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = srv.Shutdown(context.WithoutCancel(ctx))
	}()
	slog.InfoContext(ctx, "listening", "addr", l.Addr().String())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		slog.DebugContext(r.Context(), "greeting", "name_length", len(r.PathValue("name")))
		fmt.Fprintln(w, "hello")
	})
	// Levels change while the service runs: PUT {"level":"debug","for":"10m"}. Serve this on an internal port.
	return mux
}

// logRequests writes one record a request. The route is the pattern that matched, not the path, which may hold names.
func logRequests(log *slog.Logger, mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			level := slog.LevelInfo
			if sw.status >= 500 {
				level = slog.LevelError
			}
			log.LogAttrs(r.Context(), level, "request", slog.Group("http", slog.String("method", r.Method),
				slog.String("route", r.Pattern), slog.Int("status", sw.status), slog.Int64("bytes", sw.bytes)),
				slog.Float64("duration_ms", float64(time.Since(begin).Microseconds())/1000))
		}()
		mux.ServeHTTP(sw, r)
	})
}

// statusWriter notes status and size. Unwrap keeps Flush, Hijack and deadlines within reach of http.ResponseController.
type statusWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
