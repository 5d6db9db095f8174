package scan

// maxPasses is how often a text is masked at most. One pass settles nearly all texts, two or three what is left; more take texts
// made for it.
const maxPasses = 8

// Settle calls pass, which returns a text with what was found in it replaced and whether anything was, on its own
// result until it finds nothing more, and returns what is left. What was found may have hidden its neighbours, which
// the next pass sees beside a mark. So masking what is returned changes nothing, by construction. Settled is false for a text
// that is not at rest after maxPasses: all of it is to be masked.
func Settle(text string, pass func(string) (string, bool)) (rest string, settled bool) {
	for range maxPasses {
		next, changed := pass(text)
		if !changed || next == text {
			return text, true
		}
		text = next
	}
	return text, false
}
