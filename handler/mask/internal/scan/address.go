package scan

// quad looks at groups of digits parted by dots as an IPv4 address.
func (w *work) quad(gs []group) int {
	text := w.text
	for i := range 4 {
		g := gs[i]
		if i > 0 && g.sep != '.' || g.end-g.start > 3 || g.end-g.start > 1 && text[g.start] == '0' {
			return 0
		}
		v := 0
		for _, c := range []byte(text[g.start:g.end]) {
			v = v*10 + int(c-'0')
		}
		if v > 255 || i == 0 && v == 255 {
			return 0
		}
	}
	start, end := gs[0].start, gs[3].end
	if len(gs) > 4 && gs[4].sep == '.' || end < len(text) && (is(text[end], letter|under) || text[end] == '-' && end+1 < len(text) && is(text[end+1], letter)) {
		return 0
	}
	if start > 1 && (text[start-1] == '/' || text[start-1] == '.') && is(text[start-2], letter) {
		return 0 // Chrome/124.0.0.0, lib.so.1.2.3.4
	}
	if text[start:end] == "0.0.0.0" {
		return 0 // any address, nobody's
	}
	if _, all := w.context(start); all&ofVersion != 0 {
		return 0
	}
	if w.add(start, end, IPAddress, 0.7) {
		return end
	}
	return 0
}

// colons looks at the colon at i as a part of an IPv6 address or of a MAC address; it returns where to go on, and
// 0 when it is none.
func (w *work) colons(i int) int {
	text := w.text
	start := i
	for start > 0 && i-start < 5 && isHex(text[start-1]) {
		start--
	}
	if start > 0 && (is(text[start-1], word) || text[start-1] == ':' || text[start-1] == '.' || text[start-1] >= 0x80) {
		return 0
	}
	end := i
	for end < len(text) && end-start < 48 && (isHex(text[end]) || text[end] == ':') {
		end++
	}
	stop := end
	if stop > start && text[stop-1] == ':' && (stop < start+2 || text[stop-2] != ':') {
		stop--
	}
	s := text[start:stop]
	if len(s) == 17 && isMAC(s, ':') && (end >= len(text) || !is(text[end], letter|under)) {
		if w.add(start, stop, MAC, 0.7) {
			return stop
		}
		return 0
	}
	if !w.kinds.Has(IPAddress) {
		return 0
	}
	// The last two groups may be written as an IPv4 address.
	if stop == end && end < len(text) && text[end] == '.' {
		last := end
		for last > start && text[last-1] != ':' {
			last--
		}
		q := span(text, last, digit)
		for n := 0; n < 3 && q+1 < len(text) && text[q] == '.' && is(text[q+1], digit); n++ {
			q = span(text, q+1, digit)
		}
		if last-start >= 2 && isIPv6(text[start:last]+"0:0") && !(q < len(text) && is(text[q], word)) {
			if w.add(start, q, IPAddress, 0.8) {
				return q
			}
		}
	}
	if end < len(text) && (is(text[end], word) || text[end] >= 0x80) || !isIPv6(s) || classes(s)&digit == 0 {
		return 0
	}
	if len(s) > 4 && s[:4] == "::1:" && classes(s[4:]) == digit {
		stop = start + 3 // the loopback and a port
	}
	if w.add(start, stop, IPAddress, 0.8) {
		return stop
	}
	return 0
}

// isIPv6 reports whether s is eight groups of one to four hexadecimal digits, or fewer with one ::.
func isIPv6(s string) bool {
	groups, size, double, longest := 0, 0, false, 0
	for i := 0; i < len(s); i++ {
		if s[i] != ':' {
			if size++; size > 4 {
				return false
			}
			longest = max(longest, size)
			continue
		}
		if size > 0 {
			groups++
		}
		if i > 0 && s[i-1] == ':' {
			if double {
				return false
			}
			double = true
		} else if size == 0 && (len(s) < 2 || s[1] != ':') {
			return false
		}
		size = 0
	}
	if size > 0 {
		groups++
	}
	if double {
		return groups < 8 && len(s) > 2
	}
	return groups == 8 && longest > 2 // else the bytes of a fingerprint or serial number
}

func isMAC(s string, sep byte) bool {
	for i := 0; i < len(s); i++ {
		if i%3 == 2 != (s[i] == sep) || i%3 != 2 && !isHex(s[i]) {
			return false
		}
	}
	return true
}
