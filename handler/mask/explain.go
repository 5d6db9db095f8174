package mask

import (
	"context"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// Hit is what a rule found: a text's bytes Start to End.
type Hit struct {
	// Rule is the rule's name, as in Stats.
	Rule string `json:"rule"`
	// Path is the path of the value in a line of JSON, as in Finding.
	Path string `json:"path,omitempty"`
	// Start and End are byte offsets in the text of the value. Both are 0 for what is masked by its key, as a whole.
	Start int `json:"start"`
	End   int `json:"end"`
	// Score is how sure the rule is, above 0 and at most 1; 1 for keys and the user's patterns.
	Score float64 `json:"score"`
	// Action is what becomes of it.
	Action Action `json:"action"`
	// Pass counts from 1. The offsets of a later pass are those of the text that the pass before has left.
	Pass int `json:"pass"`
}

// Explain returns what AppendLine would mask in line, by which rule and how sure. It counts nothing.
func (m *Masker) Explain(line []byte) []Hit {
	var hits []Hit
	w := m.walker(context.Background(), "")
	defer w.end()
	w.hits = &hits
	w.appendLine(nil, line)
	return hits
}

// Rule describes a rule that is built in.
type Rule struct {
	// Name is what Options.Kinds calls it.
	Name string `json:"name"`
	// Description says what it finds.
	Description string `json:"description"`
	// Default says whether it is on without Options.
	Default bool `json:"default"`
	// Examples are texts with what is found between « and ».
	Examples []string `json:"examples"`
	// CounterExamples are texts of a like form in which nothing is found.
	CounterExamples []string `json:"counter_examples"`
}

// Rules returns the rules that are built in: the table that the scanner is tested with. The slice is the caller's.
func Rules() []Rule {
	on := scan.DefaultKinds()
	var rules []Rule
	for _, r := range scan.Rules() {
		rules = append(rules, Rule{r.Kind.String(), r.Description, on.Has(r.Kind), r.Examples, r.Others})
	}
	return rules
}
