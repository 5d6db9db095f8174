package opensearch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// filterPath leaves of an answer what is needed: the status of every item, so that their places hold, and the errors.
const filterPath = "took,errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by"

// An unreadable answer says nothing of what was stored.
type unreadableError struct{ why string }

func (e *unreadableError) Error() string { return "the answer is no list of bulk items: " + e.why }

// readItems calls each with the cause of every item of a bulk answer, which must have n. It calls it for none when the answer
// is not readable to its end.
func readItems(reply []byte, n int, each func(i int, c cause)) error {
	items, count := usualItems(reply), -1
	if items != nil {
		count = countItems(items)
	}
	if count < 0 {
		var err error
		if items, err = anyItems(reply); err != nil {
			return err
		}
		count = countItems(items)
	}
	if count != n {
		return &unreadableError{fmt.Sprintf("%d items for %d documents", max(count, 0), n)}
	}
	for i := range n {
		status, size := plainItem(items)
		c := cause{Status: status}
		if size == 0 {
			size = valueEnd(items)
			var err error
			if c, err = readItem(items[:size]); err != nil {
				c = cause{Reason: err.Error()}
			}
		}
		each(i, c)
		items = bytes.TrimPrefix(items[size:], comma)
	}
	return nil
}

var comma = []byte(",")

// usualItems returns the elements of the member items of an answer as OpenSearch writes it, {"took":5,"errors":false,"items":[…]},
// without having looked at them; nil for another one.
func usualItems(reply []byte) []byte {
	const open = `"items":[`
	i := bytes.Index(reply[:min(len(reply), 200)], []byte(open))
	if i < 0 || !bytes.HasPrefix(reply, []byte(`{"took":`)) || !bytes.HasSuffix(reply, []byte("]}")) ||
		!json.Valid([]byte(string(reply[:i])+open+"]}")) {
		return nil
	}
	return reply[i+len(open) : len(reply)-len("]}")]
}

// anyItems is usualItems for any JSON that has the member.
func anyItems(reply []byte) ([]byte, error) {
	var general struct {
		Items *[]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(reply, &general); err != nil {
		return nil, &unreadableError{err.Error()}
	}
	if general.Items == nil {
		return nil, &unreadableError{"it has no items"}
	}
	var items bytes.Buffer
	for i, raw := range *general.Items {
		if i > 0 {
			items.WriteByte(',')
		}
		if err := json.Compact(&items, raw); err != nil {
			return nil, &unreadableError{err.Error()}
		}
	}
	return items.Bytes(), nil
}

// countItems counts objects with commas between them; -1 when that is not what items has.
func countItems(items []byte) int {
	n := 0
	for len(items) > 0 {
		_, size := plainItem(items)
		if size == 0 {
			size = valueEnd(items)
			if size <= 0 || items[0] != '{' || !json.Valid(items[:size]) {
				return -1
			}
		}
		n++
		items = items[size:]
		if len(items) == 0 {
			break
		}
		if items[0] != ',' || len(items) == 1 {
			return -1
		}
		items = items[1:]
	}
	return n
}

var plainOpens = [][]byte{[]byte(`{"create":{"status":`), []byte(`{"update":{"status":`)}

// plainItem reads an item that has a status of three digits and nothing else, and returns its length, 0 for another.
func plainItem(items []byte) (status, size int) {
	for _, open := range plainOpens {
		if n := len(open); len(items) >= n+5 && bytes.Equal(items[:n], open) && items[n+3] == '}' && items[n+4] == '}' {
			d := items[n : n+3]
			if d[0] < '1' || d[0] > '9' || d[1] < '0' || d[1] > '9' || d[2] < '0' || d[2] > '9' {
				return 0, 0
			}
			return int(d[0]-'0')*100 + int(d[1]-'0')*10 + int(d[2]-'0'), n + 5
		}
	}
	return 0, 0
}

// readItem reads {"create":{"status":400,"error":{…}}}.
func readItem(raw []byte) (cause, error) {
	var item map[string]struct {
		Status int             `json:"status"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(raw, &item); err != nil {
		return cause{}, err
	}
	for _, v := range item {
		c := cause{Status: v.Status}
		if len(v.Error) > 0 && len(item) == 1 {
			c.read(v.Error)
		}
		if len(item) == 1 && v.Status >= 100 {
			return c, nil
		}
	}
	return cause{}, errors.New("an item of the answer has no status: " + strconv.Quote(string(raw[:min(len(raw), 60)])))
}

// valueEnd returns where the object that items starts with ends, -1 for one that does not.
func valueEnd(items []byte) int {
	depth, inText := 0, false
	for i := 0; i < len(items); i++ {
		switch c := items[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
