package mask

import (
	"net/netip"
	"strings"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// addresses appends the IP addresses in a text that stands under the key of a client's address: with or without a port, one or a
// list of them. Under such a key whatever reads as an address is one, so it need not look like one in prose.
func (m *Masker) addresses(dst []span, s string) []span {
	for i := 0; i < len(s); {
		if !addressByte(s[i]) {
			i++
			continue
		}
		end := i
		for end < len(s) && addressByte(s[end]) {
			end++
		}
		if n := addressLen(s[i:end], end < len(s) && s[end] == ']'); n > 0 {
			dst = append(dst, span{i, i + n, scan.IPAddress.String(), m.labels[scan.IPAddress], m.actions[scan.IPAddress], 1})
		}
		i = end
	}
	return dst
}

func addressByte(c byte) bool {
	return digit(c) || c == '.' || c == ':' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// addressLen returns the length of the address that run begins with, its port aside; 0 for none.
func addressLen(run string, bracketed bool) int {
	if _, err := netip.ParseAddr(run); err == nil {
		return len(run)
	}
	if i := strings.LastIndexByte(run, ':'); i > 0 && !bracketed {
		if _, err := netip.ParseAddr(run[:i]); err == nil {
			return i
		}
	}
	return 0
}
