package audit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// appendEntry appends the JSON of an entry.
func appendEntry(b []byte, r *request, prev, session string, at time.Time) []byte {
	b = append(b, `{"index":`...)
	b = strconv.AppendUint(b, r.index, 10)
	b = append(b, `,"prev":"`...)
	b = append(b, prev...)
	b = append(b, `","session":"`...)
	b = append(b, session...)
	b = append(b, `","recorded_at":"`...)
	b = at.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","type":"`...)
	b = append(b, r.typ...)
	b = append(b, `","body":`...)
	b = append(b, r.body...)
	return append(b, '}')
}

// parseEntry decodes an entry: what appendEntry writes without looking into the body, anything else as JSON.
func parseEntry(payload []byte) (Entry, error) {
	var e Entry
	rest := payload
	field := func(before, after string) []byte {
		tail, ok := bytes.CutPrefix(rest, []byte(before))
		i := bytes.Index(tail, []byte(after))
		if !ok || i < 0 || bytes.IndexByte(tail[:i], '\\') >= 0 {
			rest = nil
			return nil
		}
		rest = tail[i:]
		return tail[:i]
	}
	index, ierr := strconv.ParseUint(string(field(`{"index":`, `,`)), 10, 64)
	e.Index = index
	e.Prev = string(field(`,"prev":"`, `"`))
	e.Session = string(field(`","session":"`, `"`))
	at, terr := time.Parse(time.RFC3339Nano, string(field(`","recorded_at":"`, `"`)))
	e.Recorded = at
	e.Type = string(field(`","type":"`, `"`))
	body, ok := bytes.CutPrefix(rest, []byte(`","body":`))
	if ierr == nil && terr == nil && ok && len(body) > 2 && body[len(body)-1] == '}' {
		e.Body = body[: len(body)-1 : len(body)-1]
		return e, nil
	}
	e = Entry{}
	err := json.Unmarshal(payload, &e)
	return e, err
}
