package opensearch

import (
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"

	"github.com/sluicelog/sluice/search"
)

// lucene writes an expression in Lucene's syntax, with no optional operators (flags NONE).
func lucene(e search.Regexp) (string, error) {
	tree, err := e.Parse()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	writeLucene(&b, tree)
	return b.String(), nil
}

func writeLucene(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeLiteral(b, r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		b.WriteByte('[')
		for i := 0; i < len(re.Rune); i += 2 {
			writeRune(b, re.Rune[i])
			if re.Rune[i+1] > re.Rune[i] {
				b.WriteByte('-')
				writeRune(b, re.Rune[i+1])
			}
		}
		b.WriteByte(']')
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('.')
	case syntax.OpEmptyMatch:
		b.WriteString("()")
	case syntax.OpNoMatch:
		b.WriteString(`[^\u0000-\U0010ffff]`)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			group(b, sub, sub.Op == syntax.OpAlternate)
		}
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			if i > 0 {
				b.WriteByte('|')
			}
			writeLucene(b, sub)
		}
	case syntax.OpCapture:
		group(b, re.Sub[0], true)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		group(b, re.Sub[0], true)
		switch re.Op {
		case syntax.OpStar:
			b.WriteByte('*')
		case syntax.OpPlus:
			b.WriteByte('+')
		case syntax.OpQuest:
			b.WriteByte('?')
		default:
			b.WriteByte('{')
			b.WriteString(strconv.Itoa(re.Min))
			b.WriteByte(',')
			if re.Max >= 0 {
				b.WriteString(strconv.Itoa(re.Max))
			}
			b.WriteByte('}')
		}
	}
}

func group(b *strings.Builder, re *syntax.Regexp, parentheses bool) {
	if parentheses {
		b.WriteByte('(')
	}
	writeLucene(b, re)
	if parentheses {
		b.WriteByte(')')
	}
}

// writeLiteral writes a character, or when folded all that are the same without case.
func writeLiteral(b *strings.Builder, r rune, fold bool) {
	if !fold || unicode.SimpleFold(r) == r {
		writeRune(b, r)
		return
	}
	b.WriteByte('[')
	writeRune(b, r)
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		writeRune(b, f)
	}
	b.WriteByte(']')
}

// writeRune writes a character that stands for itself.
func writeRune(b *strings.Builder, r rune) {
	if r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r > ' ' {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}
