package level_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/sluicelog/sluice/level"
)

// plain writes records without their time.
func plain(lowest slog.Level) slog.Handler {
	return slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: lowest, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return level.ReplaceAttr(groups, a)
	}})
}

// Levels by logger.
func ExampleController() {
	ctrl, err := level.NewController("info,store=debug,http=warn")
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(ctrl.Handler(plain(slog.LevelDebug)))
	logger.Debug("not shown")
	logger.With("logger", "store.index").Debug("shown")
	logger.With("logger", "http").Info("not shown")
	// Output: level=DEBUG msg=shown logger=store.index
}

// An operator turns one logger up for ten minutes.
func ExampleController_ServeHTTP() {
	ctrl, _ := level.NewController("info")
	ctrl.OnChange(func(old, new string) { fmt.Println(old, "->", new) })
	mux := http.NewServeMux()
	mux.Handle("/level", ctrl)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("PUT", "/level", strings.NewReader(`{"logger": "store", "level": "debug", "for": "10m"}`)))
	fmt.Println(w.Code)
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("PUT", "/level", strings.NewReader(`{"level": "loud"}`)))
	fmt.Print(w.Body)
	// Output:
	// info -> info,store=debug
	// 200
	// {"error":"level \"loud\": want DEBUG, INFO, WARN, ERROR, CRITICAL, one of them with an offset such as INFO+2, or a number","field":"level","value":"loud","allowed":"DEBUG, INFO, WARN, ERROR, CRITICAL, one of them with an offset such as INFO+2, or a number"}
}

// The fifth level.
func ExampleCriticalContext() {
	logger := slog.New(plain(slog.LevelInfo))
	level.CriticalContext(context.Background(), logger, "no replica left", "shard", 3)
	// Output: level=CRITICAL msg="no replica left" shard=3
}
