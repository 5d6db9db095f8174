package segment

import (
	"log/slog"

	"github.com/sluicelog/sluice/internal/jsonline"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// eachObject calls visit for the objects of a Text column, those of a form that the segment had no room for: their times and levels are those
// of their members, and no guess.
func (c *Column) eachObject(visit func(row uint32, r *eval.Record)) error {
	if c.key.kind != Text || !c.MayHoldObjects() {
		return nil
	}
	var rec eval.Record
	var line []byte
	for i, row := range c.rows {
		var err error
		if line, err = c.AppendValue(line[:0], i); err != nil {
			return err
		}
		if at := skipSpace(line, 0); at == len(line) || line[at] != '{' {
			continue
		}
		if rec.Parse(line); rec.Object {
			visit(row, &rec)
		}
	}
	return nil
}

// objectTimes corrects the times of objects kept as text.
func (c *Column) objectTimes(times []int64, have []bool) error {
	return c.eachObject(func(row uint32, r *eval.Record) {
		if have[row] = r.Time != eval.NoTime; have[row] {
			times[row] = r.Time
		}
	})
}

// objectLevels corrects the levels of objects kept as text.
func (c *Column) objectLevels(levels []int8) error {
	return c.eachObject(func(row uint32, r *eval.Record) {
		levels[row] = levelByte(objectLevel(r))
	})
}

func objectLevel(r *eval.Record) slog.Level {
	for _, key := range jsonline.LevelKeys {
		for i := range r.Leaves {
			if l := &r.Leaves[i]; string(l.Path) == key && l.Type == search.String {
				if v, ok := jsonline.Level(string(l.Text)); ok {
					return v
				}
			}
		}
	}
	return slog.LevelInfo
}

func levelByte(l slog.Level) int8 { return int8(min(max(l, -128), 127)) }
