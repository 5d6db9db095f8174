package tag

// candidates marks the tokens that may be part of a name, and reports whether there are any. Strong candidates stand by themselves;
// weak ones (initials, words in capitals, months, particles) need a neighbour.
func candidates(toks []Token, key Key) bool {
	keyed := key.Kind == PersonKey || key.Kind == PlaceKey || key.Kind == OrgKey
	any := false
	for i := range toks {
		t := &toks[i]
		t.cand = !t.machine && strong(t, starts(toks, i)) || keyed && len(toks) <= 6 && !t.machine && underKey(t)
		any = any || t.cand
	}
	if !any {
		return false
	}
	// Weak candidates beside strong ones, from left to right and back, so that rows of them (J. R. Smith) count.
	for i := 1; i < len(toks); i++ {
		if toks[i-1].cand && !toks[i].cand && joined(&toks[i]) && weak(&toks[i]) {
			toks[i].cand = true
		}
	}
	for i := len(toks) - 2; i >= 0; i-- {
		if toks[i+1].cand && !toks[i].cand && joined(&toks[i+1]) && weak(&toks[i]) {
			toks[i].cand = true
		}
	}
	for i := 1; i+1 < len(toks); i++ {
		if toks[i].cand || !toks[i-1].cand {
			continue
		}
		// Up to three connecting words between two candidates: van der, of the, &.
		for k := i; k < i+3 && k+1 < len(toks) && connects(&toks[k]) && joined(&toks[k]); k++ {
			if toks[k+1].cand && joined(&toks[k+1]) {
				for ; i <= k; i++ {
					toks[i].cand = true
				}
				break
			}
		}
	}
	return true
}

// joined says whether a token can go on with the name that the token before it is in.
func joined(t *Token) bool {
	switch t.gap {
	case gapSpace, gapDot, gapOwner:
		return true
	case gapComma:
		return t.Class&OrgEnd != 0 && t.Shape != Lower && t.End-t.Start <= 4
	}
	return false
}

// starts says whether a sentence begins with token i, and does not go on as a name would.
func starts(toks []Token, i int) bool {
	if t := &toks[i]; i > 0 && !t.fresh {
		return false
	}
	if i+1 == len(toks) || !joined(&toks[i+1]) {
		return true
	}
	next := &toks[i+1]
	return !(next.Class&Particle != 0 || next.Shape == Title || next.Shape == Prefix || next.Shape == Initial)
}

func strong(t *Token, first bool) bool {
	switch t.Shape {
	case Title:
		if t.Class&(Calendar|Honorific) != 0 {
			return false
		}
		if t.End-t.Start == 2 {
			return t.Class&names != 0 && t.Class&Common == 0
		}
		// A sentence begins with a capital: a word that is no name is none there either.
		return !first || t.Class&(Common|Log) == 0 || t.Class&names != 0
	case Prefix, Hyphen, Uncased:
		return true
	case Initials:
		return t.Class&Region != 0
	case Caps:
		return t.End-t.Start >= 2 && t.Class&(Region|OrgName) != 0 && t.Class&(Common|Log|Product) == 0
	case Camel:
		return t.Class&OrgName != 0
	}
	return false
}

func weak(t *Token) bool {
	if t.machine || t.Class&Honorific != 0 {
		return false
	}
	switch t.Shape {
	case Initial, Initials, Caps, Camel, Title:
		return true
	}
	return false
}

func connects(t *Token) bool {
	return !t.machine && t.Class&Particle != 0 && (t.Shape == Lower || t.Shape == Amp)
}

// underKey says whether a token may be a name because the key says so.
func underKey(t *Token) bool { return t.Shape != Digits && t.Shape != Mark && t.Shape != Mixed }
