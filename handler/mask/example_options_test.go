package mask_test

import (
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice/handler/mask"
)

func ExampleOptions() {
	opts := &mask.Options{
		Keys: map[string]mask.Action{
			"badge":   mask.Redact, // a further key
			"user_id": mask.Hash,   // correlated, not reversed
			"token":   mask.Allow,  // in this program a token is a word
		},
		Kinds:    map[string]mask.Action{"CREDIT_CARD": mask.KeepLastFour},
		Patterns: []mask.Pattern{{Name: "TICKET", Regexp: `T-\d+`, Literals: []string{"T-"}}},
		HashKey:  []byte("from the secret store, 16 or more"),
	}
	if err := opts.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(mask.NewHandler(jsonHandler(), opts))
	logger.Info("paid with 4111111111111111 for T-17", "employee_badge", "B-7", "token", "noun", "user_id", "u1")
	// Output:
	// {"msg":"paid with ************1111 for [TICKET_REDACTED]","employee_badge":"[REDACTED]","token":"noun","user_id":"[HASH:0A38-32F7727A03E099DC]"}
}
