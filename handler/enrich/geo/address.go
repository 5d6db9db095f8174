package geo

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
)

type addressKey struct{}

// WithAddress returns a context whose records are those of a client at addr.
func WithAddress(ctx context.Context, addr netip.Addr) context.Context {
	return context.WithValue(ctx, addressKey{}, addr)
}

// Address returns the address that WithAddress has put into ctx.
func Address(ctx context.Context) (netip.Addr, bool) {
	if ctx == nil {
		return netip.Addr{}, false
	}
	addr, ok := ctx.Value(addressKey{}).(netip.Addr)
	return addr, ok && addr.IsValid()
}

// Handler returns an HTTP handler that puts the client's address into the context of each request. proxies is how many
// proxies of one's own stand in front: 0 takes the address of the connection, 1 the last entry of X-Forwarded-For, which
// the one proxy has written, and so on. Entries before those are the client's own words and not believed; with fewer entries
// than proxies the address of the connection counts. A nil next is http.DefaultServeMux.
func Handler(next http.Handler, proxies int) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if addr, ok := clientOf(r, proxies); ok {
			r = r.WithContext(WithAddress(r.Context(), addr))
		}
		next.ServeHTTP(w, r)
	})
}

func clientOf(r *http.Request, proxies int) (netip.Addr, bool) {
	if proxies > 0 {
		// From the right, and no more than is needed: a client may send any amount.
		entries := r.Header.Values("X-Forwarded-For")
		left := proxies
		for i := len(entries) - 1; i >= 0; i-- {
			rest := entries[i]
			for more := true; more; {
				entry := rest
				at := strings.LastIndexByte(rest, ',')
				if more = at >= 0; more {
					entry, rest = rest[at+1:], rest[:at]
				}
				if left--; left == 0 {
					if addr, ok := parseText(strings.TrimSpace(entry)); ok {
						return addr, true
					}
					return parseText(r.RemoteAddr)
				}
			}
		}
	}
	return parseText(r.RemoteAddr)
}

// parse returns the address that an attribute holds.
func parse(v slog.Value) (netip.Addr, bool) {
	switch v.Kind() {
	case slog.KindString:
		return parseText(v.String())
	case slog.KindAny:
		switch a := v.Any().(type) {
		case netip.Addr:
			return a, a.IsValid()
		case netip.AddrPort:
			return a.Addr(), a.IsValid()
		case interface{ AddrPort() netip.AddrPort }:
			return fromNet(a)
		}
	}
	return netip.Addr{}, false
}

// fromNet is the address of a net.Addr, whose method may panic for a nil pointer.
func fromNet(a interface{ AddrPort() netip.AddrPort }) (addr netip.Addr, ok bool) {
	defer func() { _ = recover() }()
	ap := a.AddrPort()
	return ap.Addr(), ap.IsValid()
}

// maxAddress is the longest text of an address with zone and port that is looked at.
const maxAddress = 128

// parseText accepts an address, with or without a port, an IPv6 one with or without brackets.
func parseText(s string) (netip.Addr, bool) {
	if s == "" || len(s) > maxAddress || s[0] != '[' && s[0] != ':' && (s[0]|0x20 < 'a' || s[0]|0x20 > 'f') && (s[0] < '0' || s[0] > '9') {
		return netip.Addr{}, false
	}
	if s[0] == '[' && s[len(s)-1] == ']' {
		s = s[1 : len(s)-1]
	} else if s[0] == '[' || strings.Count(s, ":") == 1 {
		ap, err := netip.ParseAddrPort(s)
		return ap.Addr(), err == nil
	}
	addr, err := netip.ParseAddr(s)
	return addr, err == nil
}
