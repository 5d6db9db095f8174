package tag

// lists makes one span of what commas divide: a street with its number and the place after it (12 Elm Street, Springfield), and the partners
// of a firm (Hayes, Roberts & Schmidt).
func lists(spans []Span, first int, toks []Token, s string) []Span {
	out := spans[:first]
	for _, sp := range spans[first:] {
		if n := len(out); n > first && sp.Label == BeginOrganization && out[n-1].Label == BeginOrganization && s[out[n-1].End:sp.Start] == ", " &&
			sp.to > sp.from+1 && toks[sp.from+1].Shape == Amp {
			out[n-1].End, out[n-1].to = sp.End, sp.to
			continue
		}
		if sp.Label != BeginLocation {
			out = append(out, sp)
			continue
		}
		if n := len(out); n > first && out[n-1].Label == BeginLocation && street(toks, &out[n-1]) && s[out[n-1].End:sp.Start] == ", " {
			out[n-1].End, out[n-1].to = sp.End, sp.to
			continue
		}
		if street(toks, &sp) {
			if sp.from > 0 && houseNumber(&toks[sp.from-1]) && toks[sp.from].gap == gapSpace {
				sp.from--
				sp.Start = toks[sp.from].Start
			}
			if sp.to < len(toks) && houseNumber(&toks[sp.to]) && toks[sp.to].gap == gapSpace {
				sp.End = toks[sp.to].End
				sp.to++
			}
		}
		out = append(out, sp)
	}
	return out
}

func houseNumber(t *Token) bool { return t.Shape == Digits && !t.machine && t.End-t.Start <= 5 }

// street says whether a span names a street.
func street(toks []Token, sp *Span) bool {
	for i := sp.from; i < sp.to; i++ {
		if toks[i].Class&Street != 0 {
			return true
		}
	}
	return false
}
