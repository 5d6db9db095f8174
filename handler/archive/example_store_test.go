package archive_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/archive"
	"github.com/sluicelog/sluice/store"
)

// Keep the records of a service in a directory.
func ExampleNewHandler() {
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, nil)
	if err != nil {
		panic(err)
	}
	h, err := archive.NewHandler(s, nil)
	if err != nil {
		panic(err)
	}
	logger := slog.New(h)
	for i := range 1000 {
		logger.Info("track enhanced", "track", i, "stage", "denoise")
	}
	if err := h.Close(context.Background()); err != nil {
		panic(err)
	}
	st := h.Stats()
	fmt.Println(st.Records, "records in", st.Store.Segments, "segment, more than ten times smaller:", st.Bytes > 10*uint64(st.Store.Bytes))
	// Output:
	// 1000 records in 1 segment, more than ten times smaller: true
}
