package geo

import "net/netip"

// ranges are the networks for special purposes that netip does not know (IANA special-purpose address registries for IPv4
// and IPv6, RFC 6890).
var ranges = []struct {
	name     string
	networks []netip.Prefix
}{
	{"this_network", prefixes("0.0.0.0/8")},
	{"shared", prefixes("100.64.0.0/10")},
	{"documentation", prefixes("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")},
	{"benchmarking", prefixes("198.18.0.0/15", "2001:2::/48")},
	{"reserved", prefixes("192.0.0.0/24", "240.0.0.0/4", "100::/64", "5f00::/16", "fec0::/10", "2001:10::/28")},
}

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// nat64 is the network whose addresses hold an IPv4 address in their last four bytes (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// Range names the network for a special purpose that addr is in: private, loopback, link_local, multicast, unspecified,
// this_network, shared (of carriers), documentation, benchmarking or reserved. It is empty for an address of the public
// Internet, and for the zero Addr.
func Range(addr netip.Addr) string {
	addr = plain(addr)
	switch {
	case !addr.IsValid():
		return ""
	case addr.IsUnspecified():
		return "unspecified"
	case addr.IsLoopback():
		return "loopback"
	case addr.IsPrivate():
		return "private"
	case addr.IsLinkLocalUnicast():
		return "link_local"
	case addr.IsMulticast():
		return "multicast"
	}
	for _, r := range ranges {
		for _, p := range r.networks {
			if p.Contains(addr) {
				return r.name
			}
		}
	}
	return ""
}

// plain is the address that addr stands for: an IPv4 address in an IPv6 one is taken out, a zone is left out.
func plain(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if nat64.Contains(addr) {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return addr
}
