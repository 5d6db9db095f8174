package compress_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/sluicelog/sluice/handler/compress"
)

// plain writes what is the same each time.
func plain() slog.Handler {
	omit := []string{slog.TimeKey, compress.KeyFirst, compress.KeyLast, compress.KeyTemplate}
	return slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if slices.Contains(omit, a.Key) {
			return slog.Attr{}
		}
		return a
	}})
}

// Six records that differ in their numbers alone become one; errors pass at once, and the single record unchanged.
func ExampleNewHandler() {
	h, err := compress.NewHandler(plain(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(h).With("service", "ingest")
	for i := range 6 {
		logger.Info(fmt.Sprintf("part %d uploaded", i), "bytes", 1000*i)
	}
	logger.Info("upload completed")
	logger.Error("disk full")

	if err := h.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	s := h.Stats()
	fmt.Println("offered", s.Offered, "delivered", s.Delivered, "collapsed", s.Collapsed)
	// Output:
	// level=ERROR msg="disk full" service=ingest
	// level=INFO msg="part <number> uploaded" count=6 sample.service=ingest sample.bytes=0 summary.bytes.min=0 summary.bytes.max=5000 summary.bytes.mean=2500
	// level=INFO msg="upload completed" service=ingest
	// offered 8 delivered 3 collapsed 5
}
