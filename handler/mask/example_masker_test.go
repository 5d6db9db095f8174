package mask_test

import (
	"fmt"

	"github.com/sluicelog/sluice/handler/mask"
)

func ExampleMasker_AppendLine() {
	m := mask.New(nil)
	for _, line := range []string{
		`{"level":"INFO", "user":{"password":"hunter2"}, "n":1.50}`,
		`"to ada@example.org"`,
		`to ada@example.org`,
	} {
		fmt.Printf("%s\n", m.AppendLine(nil, []byte(line)))
	}
	// Output:
	// {"level":"INFO", "user":{"password":"[REDACTED]"}, "n":1.50}
	// "to [EMAIL_REDACTED]"
	// to [EMAIL_REDACTED]
}
