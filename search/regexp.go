package search

import (
	"errors"
	"fmt"
	"regexp/syntax"
)

// maxRegexp bounds a pattern, as OpenSearch does by default.
const maxRegexp = 1000

// Parse returns the tree of the expression: it stands for the whole of a string, . for any character. The error says what in
// the pattern is not of the language, which is what RE2 and Lucene have in common.
func (e Regexp) Parse() (*syntax.Regexp, error) {
	if len(e.Pattern) > maxRegexp {
		return nil, fmt.Errorf("the regular expression is %d bytes long, at most %d are allowed", len(e.Pattern), maxRegexp)
	}
	flags := syntax.PerlX | syntax.UnicodeGroups | syntax.ClassNL | syntax.DotNL | syntax.OneLine
	if e.Fold {
		flags |= syntax.FoldCase
	}
	tree, err := syntax.Parse(e.Pattern, flags)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return nil, fmt.Errorf("regular expression: %s in %.60q", bad.Code, bad.Expr)
		}
		return nil, err
	}
	if err := anchorFree(tree); err != nil {
		return nil, err
	}
	return tree.Simplify(), nil
}

func anchorFree(re *syntax.Regexp) error {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText:
		return errors.New(`regular expression: it stands for the whole value, "^" and "$" are not needed; for a part write .*part.*`)
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return errors.New(`regular expression: word boundaries are not supported`)
	}
	for _, sub := range re.Sub {
		if err := anchorFree(sub); err != nil {
			return err
		}
	}
	return nil
}
