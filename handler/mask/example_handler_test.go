package mask_test

import (
	"errors"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/mask"
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
	logger := slog.New(mask.NewHandler(jsonHandler(), nil))

	logger.Info("mail sent to ada@example.org", "password", "hunter2", "tokens_used", 1500)
	logger.WithGroup("credentials").Info("loaded", "user", "ada")
	logger.Error("no login", "err", errors.New("dial postgres://app:s3cr3t-pw@db:5432/main: refused"))
	// Output:
	// {"msg":"mail sent to [EMAIL_REDACTED]","password":"[REDACTED]","tokens_used":1500}
	// {"msg":"loaded","credentials":{"user":"[REDACTED]"}}
	// {"msg":"no login","err":"dial postgres://app:[URL_CREDENTIALS_REDACTED]@db:5432/main: refused"}
}

func ExampleNewHandler_structs() {
	type Payment struct {
		Card   string `json:"card" mask:"last4"`
		Badge  string `json:"badge" mask:"redact"`
		Amount int    `json:"amount"`
		APIKey string `json:"api_key,omitempty"`
	}
	logger := slog.New(mask.NewHandler(jsonHandler(), nil))
	logger.Info("paid", "payment", Payment{Card: "4111 1111 1111 1111", Badge: "B-7", Amount: 1200})
	// Output:
	// {"msg":"paid","payment":{"card":"**** **** **** 1111","badge":"[REDACTED]","amount":1200}}
}
