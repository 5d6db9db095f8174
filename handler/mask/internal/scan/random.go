package scan

import "math/bits"

// looksRandom reports whether s is of the kind that a generator of keys makes: digits among letters, many
// distinct bytes, and the classes changing all the time, where identifiers of people change them at word bounds.
func looksRandom(s string) bool {
	n := len(s)
	if n < 12 {
		return false
	}
	var seen [4]uint64
	var digits, letters, changes int
	last := uint16(0)
	for i := 0; i < n; i++ {
		c := s[i]
		seen[c>>6] |= 1 << (c & 63)
		k := class[c] & (letter | digit)
		switch {
		case k == digit:
			digits++
		case k != 0:
			letters++
		}
		if k != 0 && k != last {
			changes++
		}
		if k != 0 {
			last = k
		}
	}
	distinct := bits.OnesCount64(seen[0]) + bits.OnesCount64(seen[1]) + bits.OnesCount64(seen[2]) + bits.OnesCount64(seen[3])
	// A random string over 62 symbols changes class at 62% of its places, over lower case and digits at 40%.
	return digits > 0 && letters > 1 && digits < n*3/4 && distinct >= min(n/2, 12) && changes*4 >= n
}

// strongRandom is looksRandom for a string that nothing around it speaks for: all of upper case, lower case and
// digits, and no words inside.
func strongRandom(s string) bool {
	if classes(s)&(letter|digit) != letter|digit || !looksRandom(s) {
		return false
	}
	run, longest, digits, changes := 0, 0, 0, 0
	last := uint16(0)
	for i := 0; i < len(s); i++ {
		k := class[s[i]] & (letter | digit)
		if k == digit {
			digits++
		}
		if k != last {
			changes++
		}
		if k == lower && last == lower {
			run++
		} else {
			run = 1
		}
		longest = max(longest, run)
		last = k
	}
	return longest <= 6 && changes*5 >= len(s)*2 && digits*16 >= len(s)
}

// uniform reports whether s is one byte over and over, as in xxxxxxxx.
func uniform(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			return false
		}
	}
	return true
}
