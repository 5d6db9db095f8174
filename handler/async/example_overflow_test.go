package async_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice/handler/async"
)

// busy is a sink that is busy with its first record until it is told to go on.
type busy struct {
	slog.Handler
	taken, goOn chan struct{}
}

func (h busy) Handle(ctx context.Context, r slog.Record) error {
	select {
	case h.taken <- struct{}{}:
		<-h.goOn
	default:
	}
	return h.Handler.Handle(ctx, r)
}

// When the queue is full the oldest record makes room, unless it is an error; what was dropped is reported as a record.
func ExampleOptions_overflow() {
	sink := busy{plain(), make(chan struct{}, 1), make(chan struct{})}
	queue, err := async.NewHandler(sink, &async.Options{Capacity: 2, Workers: 1, Policy: async.DropOldest, WaitLevel: slog.LevelError})
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(queue)
	logger.Info("one")
	<-sink.taken
	for _, msg := range []string{"two", "three", "four"} {
		logger.Info(msg)
	}
	logger.Error("five")
	close(sink.goOn)
	_ = queue.Close(context.Background())
	// Output:
	// level=INFO msg=one
	// level=INFO msg=four
	// level=ERROR msg=five
	// level=WARN msg="records dropped" dropped=2 by_level.info=2 by_reason.evicted=2
}
