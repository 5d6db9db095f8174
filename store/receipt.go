package store

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// parseReceipts reads one receipt a line; a torn last line is left out.
func parseReceipts(b []byte) ([]Receipt, error) {
	var out []Receipt
	for line := range bytes.Lines(b) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var r Receipt
		if err := json.Unmarshal(line, &r); err != nil {
			return out, fmt.Errorf("store: %s: %w", receipts, err)
		}
		out = append(out, r)
	}
	return out, nil
}
