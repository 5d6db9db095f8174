package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"golang.org/x/term"

	"github.com/sluicelog/sluice/search"
)

// printer writes hits. On a terminal it takes control characters out, whatever the format: log text is not to be trusted.
type printer struct {
	w        io.Writer
	format   string // human, json or raw
	terminal bool
	buf      bytes.Buffer
}

func newPrinter(w io.Writer, asJSON, raw bool) (*printer, error) {
	p := &printer{w: w, format: "human", terminal: isTerminal(w)}
	switch {
	case asJSON && raw:
		return nil, usagef("want one of --json and --raw")
	case asJSON:
		p.format = "json"
	case raw:
		p.format = "raw"
	}
	return p, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// hit writes one record and its line's end.
func (p *printer) hit(h search.Hit) error {
	p.buf.Reset()
	switch p.format {
	case "raw":
		p.buf.Write(h.Line)
	case "json":
		if err := p.json(h); err != nil {
			return err
		}
	default:
		p.human(h)
	}
	text := p.buf.Bytes()
	if p.terminal && p.format != "human" {
		text = []byte(printable(string(text)))
	}
	_, err := p.w.Write(append(text, '\n'))
	return err
}

// json writes the record with its ID and what matched.
func (p *printer) json(h search.Hit) error {
	record := json.RawMessage(h.Line)
	if !json.Valid(record) {
		text, err := json.Marshal(map[string]string{"msg": string(h.Line)})
		if err != nil {
			return err
		}
		record = text
	}
	text, err := json.Marshal(struct {
		ID         string             `json:"id"`
		Record     json.RawMessage    `json:"record"`
		Highlights []search.Highlight `json:"highlights,omitempty"`
	}{h.ID, record, h.Highlights})
	p.buf.Write(text)
	return err
}

var levelColours = map[string]string{"DEBUG": "\x1b[2m", "INFO": "\x1b[32m", "WARN": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[1;31m"}

// human writes time, level, message and the other fields.
func (p *printer) human(h search.Hit) {
	var members []member
	if !readMembers(h.Line, &members) {
		p.buf.WriteString(printable(string(h.Line)))
		return
	}
	if !h.Time.IsZero() {
		p.buf.WriteString(p.colour("\x1b[2m", h.Time.Format("2006-01-02 15:04:05.000000")) + " ")
	}
	take := func(name string) string {
		for i, m := range members {
			if m.name == name {
				members = append(members[:i], members[i+1:]...)
				return m.text()
			}
		}
		return ""
	}
	take("time")
	if l := take("level"); l != "" {
		p.buf.WriteString(p.colour(levelColours[l], fmt.Sprintf("%-5s ", printable(l))))
	}
	p.buf.WriteString(printable(take("msg")))
	for _, m := range members {
		p.buf.WriteString(" " + p.colour("\x1b[2m", printable(m.name)+"=") + printable(m.text()))
	}
}

func (p *printer) colour(code, text string) string {
	if !p.terminal || code == "" {
		return text
	}
	return code + text + "\x1b[0m"
}

// member is one of a line's object.
type member struct {
	name  string
	value json.RawMessage
}

// text is the value as people read it: a string without quotes where that is clear.
func (m member) text() string {
	var s string
	if m.value[0] == '"' && json.Unmarshal(m.value, &s) == nil {
		if m.name == "msg" || m.name == "level" || s != "" && !strings.ContainsAny(s, " =\"{}[]\n\t") {
			return s
		}
	}
	return string(m.value)
}

// readMembers reads the members of a JSON object in their order.
func readMembers(line []byte, out *[]member) bool {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return false
		}
		*out = append(*out, member{name, value})
	}
	return true
}

// printable replaces control characters by what Go writes for them.
func printable(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteByte(' ')
		case isControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isControl also holds for what turns the direction of text around.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// plan writes how a request is answered.
func (p *printer) plan(plan *search.Plan, indent string) {
	fmt.Fprintf(p.w, "%s%s", indent, printable(plan.Step))
	if plan.Rows >= 0 {
		fmt.Fprintf(p.w, "; %d records", plan.Rows)
	}
	if plan.Bytes > 0 {
		fmt.Fprintf(p.w, "; %d bytes", plan.Bytes)
	}
	if plan.Took > 0 {
		fmt.Fprintf(p.w, "; %s", plan.Took.Round(time.Microsecond))
	}
	fmt.Fprintln(p.w)
	for _, s := range plan.Steps {
		p.plan(s, indent+"  ")
	}
}
