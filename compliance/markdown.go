package compliance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Markdown writes the report for people: the same as its JSON, in tables.
func (r *Report) Markdown() string {
	m := &markdown{}
	m.line("# Compliance report")
	who := ""
	if r.Service != "" {
		who = " of " + plain(r.Service)
	}
	m.line("Made %s%s.", stamp(r.Time), who)
	m.collected(r.Collected)
	m.masked(r.Masked)
	m.retained(r.Retained)
	m.erasures(r)
	m.audit(r.Audit)
	return strings.TrimRight(m.String(), "\n") + "\n"
}

type markdown struct{ strings.Builder }

// line writes a paragraph.
func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.Builder, format+"\n\n", args...)
}

// table writes a table, or nothing when it has no rows.
func (m *markdown) table(head string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	names := strings.Split(head, ",")
	m.row(names)
	m.WriteString(strings.Repeat("| --- ", len(names)) + "|\n")
	for _, r := range rows {
		m.row(r)
	}
	m.WriteString("\n")
}

// escapes takes their meaning from characters of values, which may be anybody's: tables, emphasis, links, HTML.
var escapes = strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "\\", "\\\\")

// plain is a value as text: nothing in it means anything to a reader of Markdown, nor to a terminal.
func plain(s string) string {
	return escapes.Replace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
}

func (m *markdown) row(cells []string) {
	for _, c := range cells {
		m.WriteString("| " + plain(c) + " ")
	}
	m.WriteString("|\n")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func (m *markdown) collected(c *Collected) {
	m.line("## Collected")
	if c == nil {
		m.line("No store was looked at.")
		return
	}
	m.line("%d records in %d bytes in the store %s, the earliest of %s, the latest of %s.", c.Records, c.Bytes, plain(c.Store), stamp(c.Earliest), stamp(c.Latest))
	var rows [][]string
	for _, f := range c.Fields {
		rows = append(rows, []string{f.Name, strings.Join(f.Types, ", "), fmt.Sprint(f.Records)})
	}
	m.table("Field,Types,Records", rows)
	for _, d := range c.Damaged {
		m.line("Could not be read: %s.", plain(d))
	}
}

func (m *markdown) masked(k *Masking) {
	m.line("## Masked")
	switch {
	case k == nil:
		m.line("No configuration was looked at.")
		return
	case !k.On:
		m.line("**Masking is off.**")
	}
	rules := func(list []Rule) (rows [][]string) {
		for _, r := range list {
			n := ""
			if c, ok := k.Counts[r.Name]; ok {
				n = fmt.Sprint(c)
			}
			rows = append(rows, []string{r.Name, r.Action, n})
		}
		return rows
	}
	m.table("Rule,Action,Masked so far", rules(k.Rules))
	m.table("Key beside the built-in ones,Action,Masked so far", rules(k.Keys))
	if len(k.Entities) > 0 {
		m.line("Names that a model finds: %s.", strings.Join(k.Entities, ", "))
	}
	var rest [][]string
	named := slices.Concat(k.Rules, k.Keys)
	for _, name := range slices.Sorted(maps.Keys(k.Counts)) {
		if !slices.ContainsFunc(named, func(r Rule) bool { return r.Name == name }) {
			rest = append(rest, []string{name, fmt.Sprint(k.Counts[name])})
		}
	}
	m.table("Further rule,Masked so far", rest)
}

func (m *markdown) retained(r *Retained) {
	m.line("## Retained")
	if r == nil {
		m.line("Neither a configuration nor a store was looked at.")
		return
	}
	var rows, classes [][]string
	for _, s := range r.Sinks {
		keep := s.KeepFor
		if keep == "" {
			keep = "without limit"
		}
		rows = append(rows, []string{s.Name, s.Type, s.Where, keep, s.MaxBytes})
		for _, l := range slices.Sorted(maps.Keys(s.Levels)) {
			classes = append(classes, []string{s.Name, "level:" + l, s.Levels[l]})
		}
		for _, c := range s.Classes {
			classes = append(classes, []string{s.Name, c.Query, c.KeepFor})
		}
	}
	m.table("Sink,Type,Where,Kept for,At most", rows)
	m.table("Sink,Class,Kept for", classes)
	var holds [][]string
	for _, h := range r.Holds {
		holds = append(holds, []string{h.ID, h.Reason, h.By, stamp(h.Since)})
	}
	if len(holds) == 0 {
		m.line("No legal hold.")
	}
	m.table("Legal hold,Reason,By,Since", holds)
}

func (m *markdown) erasures(r *Report) {
	m.line("## Erased")
	var rows [][]string
	for _, e := range r.Erasures {
		state := "complete"
		if !e.Complete {
			state = "incomplete"
		}
		for i, p := range e.Found {
			head := []string{"", "", "", ""}
			if i == 0 {
				head = []string{e.ID, stamp(e.Time), e.By, state}
			}
			held := ""
			if p.Held > 0 {
				held = fmt.Sprintf(", %d held", p.Held)
			}
			rows = append(rows, append(head, p.Place, fmt.Sprintf("%d of %d%s", p.Erased, p.Matched, held)))
		}
	}
	if len(rows) == 0 && len(r.Removals) == 0 {
		m.line("Nothing.")
		return
	}
	m.table("Receipt,Time,By,State,Place,Records", rows)
	rows = nil
	for _, x := range r.Removals {
		rows = append(rows, []string{stamp(x.Time), x.Subject, fmt.Sprint(x.Records), fmt.Sprint(x.Held)})
	}
	m.table("By the store's book,Subject,Records,Held", rows)
}

func (m *markdown) audit(a *AuditState) {
	m.line("## Audit log")
	if a == nil {
		m.line("None was looked at.")
		return
	}
	state := "is sound"
	if !a.Sound {
		state = "**is not sound**"
	}
	m.line("%s (%s) %s: %d entries, %d of them under the last checkpoint, which is of %s.", plain(a.Dir), plain(a.Origin), state, a.Entries, a.Covered, stamp(a.Last))
	for _, f := range a.Findings {
		m.line("- %s", plain(f.String()))
	}
	var rows [][]string
	for _, k := range slices.Sorted(maps.Keys(a.Actions)) {
		rows = append(rows, []string{k, fmt.Sprint(a.Actions[k])})
	}
	m.table("Action,Entries", rows)
}
