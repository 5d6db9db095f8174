package entity_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
)

// withoutTime keeps the examples' output the same.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return slog.Attr{}
	}
	return a
}

func jsonHandler() slog.Handler {
	return slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})
}

func ExampleNewHandler() {
	logger := slog.New(entity.NewHandler(jsonHandler(), nil))

	logger.Info("invoice sent to Maria Gonzalez, Berlin", "company", "Harbor Bank", "invoice", 4711)
	logger.Info("Health Check Failed for Encode Service")
	// Output:
	// {"msg":"invoice sent to [PERSON_REDACTED], [LOCATION_REDACTED]","company":"[ORGANIZATION_REDACTED]","invoice":4711}
	// {"msg":"Health Check Failed for Encode Service"}
}

// Places and companies are what people search by: they can stay.
func ExampleOptions_keep() {
	logger := slog.New(entity.NewHandler(jsonHandler(), &entity.Options{Keep: []string{entity.Location, entity.Organization}}))
	logger.Info("invoice sent to Maria Gonzalez, Berlin", "company", "Harbor Bank")
	// Output:
	// {"msg":"invoice sent to [PERSON_REDACTED], Berlin","company":"Harbor Bank"}
}

// Names are masked behind package mask, which costs less, and before the sink.
func ExampleMiddleware() {
	names := entity.Middleware(nil)
	logger := slog.New(mask.NewHandler(names(jsonHandler()), nil))
	logger.Info("mail to maria@example.org", "author", "Maria Gonzalez", "password", "hunter2")
	// Output:
	// {"msg":"mail to [EMAIL_REDACTED]","author":"[PERSON_REDACTED]","password":"[REDACTED]"}
}

func ExampleTagger_DetectUnder() {
	tagger := entity.NewTagger(nil)
	for _, key := range []string{"city", "first_name"} {
		for _, e := range tagger.DetectUnder("", key, "Victoria", nil) {
			fmt.Println(key, e.Type)
		}
	}
	// Output:
	// city LOCATION
	// first_name PERSON
}

// slow is a larger model that does not answer in time.
type slow struct{}

func (slow) Detect(ctx context.Context, _ string, dst []mask.Entity) []mask.Entity {
	<-ctx.Done()
	return dst
}

// What a detector does not answer, the tagger does.
func ExampleNewGuard() {
	guard := entity.NewGuard(slow{}, &entity.GuardOptions{OnError: func(err error) { fmt.Println(err) }})
	logger := slog.New(entity.NewHandler(jsonHandler(), &entity.Options{Detector: guard}))
	logger.Info("invoice sent to Maria Gonzalez")
	// Output:
	// detector entity_test.slow: no answer within the budget
	// {"msg":"invoice sent to [PERSON_REDACTED]"}
}
