package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// parseReceipts reads one receipt a line; a line that a crash has torn is left out.
func parseReceipts(b []byte) ([]Receipt, error) {
	var out []Receipt
	for line := range bytes.Lines(b) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var r Receipt
		if err := json.Unmarshal(line, &r); err != nil {
			if torn := new(json.SyntaxError); errors.As(err, &torn) && torn.Offset >= int64(len(line)) {
				continue
			}
			return out, fmt.Errorf("store: %s: %w", receipts, err)
		}
		out = append(out, r)
	}
	return out, nil
}
