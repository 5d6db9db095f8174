package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sluicelog/sluice/store"
)

var stages = []string{"upload", "validate", "decode", "denoise", "separate", "enhance", "loudness", "encode", "store", "notify"}

// fill makes a store of records, the last of them now.
func fill(ctx context.Context, dir string, records int) error {
	s, err := store.Open(dir, &store.Options{CompactAfter: -1})
	if err != nil {
		return err
	}
	if err := appendRecords(s, records, time.Now()); err != nil {
		return err
	}
	return s.Close(ctx)
}

// appendRecords appends records, one a millisecond, the last of them at end.
func appendRecords(s *store.Store, records int, end time.Time) error {
	begin := end.Add(-time.Duration(records) * time.Millisecond).UTC()
	first := int(begin.UnixMilli())
	for n := range records {
		i := first + n
		level, message := "INFO", "stage completed"
		switch hash := uint32(i) * 2654435761 >> 16; {
		case hash%100 < 2:
			level, message = "ERROR", "stage failed: no space left on device"
		case hash%100 < 7:
			level, message = "WARN", "stage slow"
		}
		line, err := json.Marshal(map[string]any{
			"time": begin.Add(time.Duration(n) * time.Millisecond), "level": level, "msg": message, "service": []string{"gateway", "worker"}[i%2],
			"stage": stages[uint32(i)*40503>>8%10], "request_id": fmt.Sprintf("r%08x%s", uint32(i/10)*2654435761, strings.Repeat("0", 4)), "duration_ms": i * 7919 % 5000,
		})
		if err != nil {
			return err
		}
		if err := s.Append(line); err != nil {
			return err
		}
	}
	return nil
}
