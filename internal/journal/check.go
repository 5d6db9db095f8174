package journal

import (
	"fmt"
	"strings"
)

// Check reads a whole journal without a lock and without changing anything. It calls visit for each intact record in order,
// and reports every byte that is not as it was written, zeros behind the last record of a segment aside. Files that do not belong
// to a journal are reported too. The error is visit's or the file system's. A journal that is being written may end
// in the middle of a record. Of the options it uses FS.
func Check(dir string, opts *Options, visit func(seq uint64, payload []byte) error) (Recovery, error) {
	o := opts.resolved()
	o.Keep = true
	j := &Journal{dir: dir, opts: o, fs: o.FS, visit: visit}
	r, err := j.recover()
	if err != nil {
		return r, fmt.Errorf("journal: %s: %w", dir, err)
	}
	_, entries, err := listSegments(o.FS, dir)
	if err != nil {
		return r, fmt.Errorf("journal: %w", err)
	}
	for _, e := range entries {
		n := e.Name()
		if parseName(n) == nil && n != lockName && n != ackName && n != ackTemp && !strings.HasSuffix(n, badSuffix) {
			r.Damage = append(r.Damage, Damage{Segment: n, Reason: "a file that is not the journal's"})
		}
	}
	return r, nil
}
