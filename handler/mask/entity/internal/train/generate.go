package main

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

var (
	//go:embed data/positive.txt
	positiveFile string
	//go:embed data/negative.txt
	negativeFile string
	//go:embed data/keyed.txt
	keyedFile string
)

// grammar is a file of templates.
type grammar struct {
	macros           map[string][]string
	lines, heldLines []string
}

// generator writes sentences.
type generator struct {
	rng                       *rand.Rand
	lists                     *lists
	positive, negative, keyed *grammar
	templates                 []string
	names                     namer
	pool                      []string // words of the language
	holding                   bool     // writing held-back sentences
}

func newGenerator(seed uint64, l *lists, holdout bool) (*generator, error) {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 0x5eed)), lists: l}
	for _, f := range []struct {
		to   **grammar
		text string
	}{{&g.positive, positiveFile}, {&g.negative, negativeFile}, {&g.keyed, keyedFile}} {
		gr, err := parseGrammar(f.text, holdout)
		if err != nil {
			return nil, err
		}
		*f.to = gr
		g.templates = append(g.templates, gr.lines...)
	}
	for _, gr := range []*grammar{g.positive, g.negative, g.keyed} {
		for _, name := range sortedKeys(gr.macros) {
			g.templates = append(g.templates, gr.macros[name]...)
		}
	}
	g.names = newNamer(l)
	return g, nil
}

func parseGrammar(text string, holdout bool) (*grammar, error) {
	g := &grammar{macros: make(map[string][]string)}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		if name, list, ok := strings.Cut(line, " = "); ok && name[0] == '<' && strings.HasSuffix(name, ">") && !strings.Contains(name, " ") {
			for a := range strings.SplitSeq(list, "|") {
				g.macros[name[1:len(name)-1]] = append(g.macros[name[1:len(name)-1]], strings.TrimSpace(a))
			}
			continue
		}
		if holdout && heldBack(line) {
			g.heldLines = append(g.heldLines, line)
		} else {
			g.lines = append(g.lines, line)
		}
	}
	if len(g.lines) == 0 {
		return nil, fmt.Errorf("no templates")
	}
	return g, nil
}

func (g *generator) sentences(positives, negatives int) []sentence {
	var out []sentence
	for range positives {
		out = append(out, g.sentence(g.positive, g.positive.lines))
	}
	for range negatives {
		out = append(out, g.sentence(g.negative, g.negative.lines))
	}
	for range positives / 4 {
		out = append(out, g.sentence(g.keyed, g.keyed.lines))
	}
	return out
}

// held writes sentences of the templates and names that were held back.
func (g *generator) held(n int) []sentence {
	g.holding = true
	defer func() { g.holding = false }()
	var out []sentence
	for range n {
		out = append(out, g.sentence(g.positive, g.positive.heldLines))
	}
	for range n {
		out = append(out, g.sentence(g.negative, g.negative.heldLines))
	}
	return out
}

// sentence writes one sentence of one of the lines.
func (g *generator) sentence(gr *grammar, lines []string) sentence {
	w := writer{g: g, gr: gr}
	line := lines[g.rng.IntN(len(lines))]
	if rest, ok := strings.CutPrefix(line, "@"); ok {
		keys, rest, _ := strings.Cut(rest, " ")
		alternatives := strings.Split(keys, ",")
		if w.s.key = alternatives[g.rng.IntN(len(alternatives))]; w.s.key == "*" {
			w.s.key = strings.ToLower(g.pool[g.rng.IntN(len(g.pool))] + "_" + g.pool[g.rng.IntN(len(g.pool))])
		}
		line = rest
	}
	w.expand(line)
	w.s.text = strings.TrimRight(w.text.String(), " ")
	if r, n := utf8.DecodeRuneInString(w.s.text); g.rng.IntN(5) == 0 && w.s.key == "" && unicode.IsLower(r) {
		// Many messages begin with a capital.
		if u := string(unicode.ToUpper(r)); len(u) == n {
			w.s.text = u + w.s.text[n:]
		}
	}
	if w.s.key == "" && g.rng.IntN(6) == 0 {
		w.s.prefix(g.envelope())
	}
	return w.s
}

// prefix puts something before the text.
func (s *sentence) prefix(p string) {
	s.text = p + s.text
	for i := range s.spans {
		s.spans[i].Start += len(p)
		s.spans[i].End += len(p)
	}
}

var envelopes = []string{"2026-01-14 10:32:11,332 INFO [main] c.e.App: ", "2026-01-14T10:32:11.332Z ERROR ", "2026/01/14 10:32:11 ", "[2026-01-14 10:32:11] ",
	"Jan 14 10:32:11 web-3 app[812]: ", "Jul  4 06:12:01 box kernel: ", "01-14 10:32:11.332  1702  2395 D ServiceManager: ", "INFO [http-nio-8080-exec-4] ",
	"W0114 10:32:11.332201  812 queue.go:77] ", "time=2026-01-14T10:32:11Z level=INFO msg=", "<134>1 2026-01-14T10:32:11Z host app - - - ",
	"DEBUG RequestHandler:204 - ", "26/01/14 10:32:11 INFO storage.BlockStore: ", "2026-01-14 10:32:11, Info                  SVC    ",
	"worker-3 | ", "api_1  | ", "[main] ", "(pid 812) ", "2026-01-14 10:32:11.332 +01:00 [WRN] ", "ERROR in module.handler: ", "kernel: ", "app: "}

func (g *generator) envelope() string { return envelopes[g.rng.IntN(len(envelopes))] }

type writer struct {
	g    *generator
	gr   *grammar
	text strings.Builder
	s    sentence
}

func (w *writer) put(s string) {
	if t := w.text.String(); s != "" && s[0] == ' ' && (t == "" || t[len(t)-1] == ' ') {
		s = s[1:]
	}
	w.text.WriteString(s)
}

// expand writes a template: <macro>, {SLOT} and text.
func (w *writer) expand(t string) {
	for t != "" {
		i := strings.IndexAny(t, "<{")
		if i < 0 {
			w.put(t)
			return
		}
		w.put(t[:i])
		t = t[i:]
		end := strings.IndexByte(t, '>')
		if t[0] == '{' {
			end = strings.IndexByte(t, '}')
		}
		if end < 0 {
			w.put(t)
			return
		}
		name := t[1:end]
		if t[0] == '<' {
			if list, ok := w.gr.macros[name]; ok {
				a := list[w.g.rng.IntN(len(list))]
				if a == "" || a[0] == ',' || a[0] == ':' || a[0] == '.' || a[0] == '!' {
					// What begins with a stop touches what is before it.
					s := strings.TrimRight(w.text.String(), " ")
					if s != w.text.String() && a != "" {
						w.text.Reset()
						w.text.WriteString(s)
					}
				}
				w.expand(a)
				t = t[end+1:]
				continue
			}
		} else if name == "CODE" {
			w.put(w.g.code())
			t = t[end+1:]
			continue
		} else if name == "WORD" {
			w.put(capitalized(w.g.pool[w.g.rng.IntN(len(w.g.pool))]))
			t = t[end+1:]
			continue
		} else if text, label := w.g.slot(name); label != 0 {
			start := w.text.Len()
			w.text.WriteString(text)
			w.s.spans = append(w.s.spans, tag.Span{Start: start, End: w.text.Len(), Label: label})
			t = t[end+1:]
			continue
		}
		w.put(t[:1])
		t = t[1:]
	}
}

// code returns letters without a meaning, the first one in capitals.
func (g *generator) code() string {
	b := []byte{byte('A' + g.rng.IntN(26))}
	for range 1 + g.rng.IntN(6) {
		b = append(b, byte('a'+g.rng.IntN(26)))
	}
	return string(b)
}

func (g *generator) slot(name string) (string, int) {
	switch name {
	case "PER":
		return g.person(), tag.BeginPerson
	case "GIVEN":
		return g.given(), tag.BeginPerson
	case "FAMILY":
		return g.family(), tag.BeginPerson
	case "LOC":
		return g.place(), tag.BeginLocation
	case "STREET":
		return g.street(), tag.BeginLocation
	case "ORG":
		return g.organization(), tag.BeginOrganization
	}
	return "", 0
}
