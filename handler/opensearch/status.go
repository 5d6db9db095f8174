package opensearch

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// A verdict is what an answer means for a document, or for a whole request.
type verdict int

const (
	done   verdict = iota // stored, or there already
	again                 // to be sent again, until it is taken
	refuse                // the same, but loudly and within bounds: somebody must mend a permission, a password, a setting
	few                   // to be sent again a few times: a document that the node cannot digest answers like a fault of the node
	dead                  // never to be taken
	halve                 // the request was too large
	divide                // one of the documents makes the whole request unreadable
)

// A cause is the error of an answer.
type cause struct {
	Status int
	Type   string
	Reason string
}

// judgeItem is the rule for one document.
func judgeItem(c cause) verdict {
	switch s := c.Status; {
	case s >= 200 && s < 300, s == 409:
		return done
	case s == 0, s == 429, s == 408, s == 402, s >= 502 && s <= 504:
		return again // 0: not readable; 402: capacity of a serverless collection
	case s == 401, s == 403:
		return refuse // a role, a password, a block on the index
	case s == 404 && c.Type == "index_not_found_exception":
		return refuse // the stream is missing and may not be made
	case s == 400 && (curable[c.Type] || strings.HasPrefix(c.Reason, "pipeline with id")):
		return refuse
	case s >= 500 && c.Type == "mapper_exception":
		return again // the cluster manager was too slow to enter a new field
	case s >= 500:
		return few
	}
	return dead
}

// curable are the types of errors 400 that are none of the document: the limit of shards in a cluster, the name of the
// stream, an index that is closed.
var curable = map[string]bool{
	"validation_exception":         true,
	"invalid_index_name_exception": true,
	"index_closed_exception":       true,
}

// judgeRequest is the rule for an answer to a whole request that is no list of items.
func judgeRequest(c cause) verdict {
	switch s := c.Status; {
	case s == 413:
		return halve
	case s == 400 && (curable[c.Type] || c.Type == ""):
		return refuse // without a type it is about no document: no interface at that path, or not OpenSearch that answers
	case s == 400:
		return divide
	case s == 429, s == 408, s == 402, s >= 500:
		return again
	}
	return refuse // 401, 403; 404, 405, 406, a redirection: not the bulk interface of OpenSearch
}

// uncertain says whether documents may be stored in spite of such an answer.
func (c cause) uncertain() bool { return c.Status >= 500 || c.Status == 408 || c.Status == 0 }

// sizes are in the reason of an answer 429 that speaks of the memory of the node: what it held, the request, the limit.
var sizes = regexp.MustCompile(`operation_bytes=(\d+), max_[a-z_]+_bytes=(\d+)`)

// tooLarge says whether the request alone is more than the node ever takes.
func (c cause) tooLarge() bool {
	m := sizes.FindStringSubmatch(c.Reason)
	if m == nil {
		return false
	}
	size, _ := strconv.ParseUint(m[1], 10, 64)
	limit, _ := strconv.ParseUint(m[2], 10, 64)
	return limit > 0 && size > limit
}

// maxReason bounds the text of an error that is kept.
const maxReason = 300

// causeOf reads the error of a whole answer: OpenSearch's own, or the first line of whatever else came.
func causeOf(status int, body []byte) cause {
	c := cause{Status: status}
	var reply struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &reply) == nil && len(reply.Error) > 0 {
		c.read(reply.Error)
		return c
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	c.Reason = tidyReason(string(line))
	return c
}

// read takes the error of an item or an answer: an object, or a text.
func (c *cause) read(raw json.RawMessage) {
	var e struct {
		Type     string `json:"type"`
		Reason   string `json:"reason"`
		CausedBy struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
		} `json:"caused_by"`
	}
	if json.Unmarshal(raw, &e) != nil {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		c.Reason = tidyReason(text)
		return
	}
	c.Type, c.Reason = e.Type, e.Reason
	if e.CausedBy.Reason != "" && e.CausedBy.Reason != e.Reason {
		c.Reason += ": " + e.CausedBy.Reason
	}
	c.Reason = tidyReason(c.Reason)
}

// tidyReason shortens a reason and takes away what it cites of a document: that may be personal.
func tidyReason(s string) string {
	if i := strings.Index(s, " Preview of field's value"); i >= 0 {
		s = s[:i]
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return strings.TrimSpace(s)
}
