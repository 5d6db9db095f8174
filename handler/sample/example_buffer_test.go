package sample_test

import (
	"context"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/sample"
)

// The debug records of a job are written only if the job fails.
func ExampleBuffer() {
	l := slog.New(sample.NewBuffer(slog.NewTextHandler(os.Stdout, withoutTime), nil))
	job := func(file string, readable bool) {
		ctx, end := sample.Begin(context.Background())
		defer end()
		l.DebugContext(ctx, "open", "file", file)
		l.InfoContext(ctx, "decode", "file", file)
		if !readable {
			l.ErrorContext(ctx, "truncated", "file", file)
		}
	}
	job("one.wav", true)
	job("two.wav", false)
	// Output:
	// level=DEBUG msg=open released_by=ERROR sample_rate=1 file=two.wav
	// level=INFO msg=decode released_by=ERROR sample_rate=1 file=two.wav
	// level=ERROR msg=truncated file=two.wav
}
