package embedded

import (
	"encoding/json"
	"fmt"
	"time"
)

// record is what the peers index of a line; they keep the line beside it.
type record struct {
	Time       time.Time `json:"time"`
	Level      string    `json:"level"`
	Stage      string    `json:"stage"`
	RequestID  string    `json:"request_id"`
	UserID     string    `json:"user_id"`
	DurationMS *float64  `json:"duration_ms"`
	Msg        string    `json:"msg"`
}

func parse(line []byte) (r record, err error) {
	if err = json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("%w: %s", err, line)
	}
	return r, nil
}
