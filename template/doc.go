// Package template finds the templates of log messages and their variables, one message at a time.
//
//	miner := template.NewMiner(nil)
//	t, vars := miner.Match("upload of 73451 bytes completed in 2 parts")
//	t.String() // upload of <number> bytes completed in <number> parts
//	vars       // [73451 2]
//
// # What is a variable
//
// A message is divided at white space, brackets and most punctuation; these separators belong to the template. A token
// with a digit in it, a path, a URL and quoted text of several words are variables from the first message on, and their
// [Kind] is told by their spelling. Of the other words nobody can know at first: two messages that differ in one of them
// have two templates. When [Options.Distinct] messages, alike in their separators and in six of ten words, differ in the
// words of a place, it is taken for a variable, and what they have in common is one template from then on; a place after
// = or : needs one less than three in four of them. A word in the place of a known variable is its value.
//
// # Stability
//
// A [Template] never changes. When one of its words turns out to vary, the miner answers with a new one of the same ID;
// when several templates become one, the ID of the one last used stays, and [Miner.Resolve] leads from the others' IDs to it.
// The variables and the template's literals are the message byte for byte: [Template.Append] puts it together again.
//
// # Cost
//
// A message of a known template costs no allocation and, on one core, well below a microsecond. A miner keeps
// the 1,000 templates used last, of each at most 257 variables; of a message the first 8 KiB and 256 tokens are looked at,
// and what follows is one variable.
package template
