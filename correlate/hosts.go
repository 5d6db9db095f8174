package correlate

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// hosts is an allow-list.
type hosts struct {
	exact    map[string]bool
	suffixes []string // with the dot in front
}

// parseHosts returns the list of the entries that can match; the error names the others.
func parseHosts(entries []string) (hosts, error) {
	h := hosts{exact: make(map[string]bool, len(entries))}
	var errs []error
	for _, entry := range entries {
		name := normalHost(entry)
		suffix, wild := strings.CutPrefix(name, "*.")
		switch {
		case wild && isName(suffix):
			h.suffixes = append(h.suffixes, "."+suffix)
		case !wild && (isName(name) || isAddress(name)):
			h.exact[name] = true
		default:
			errs = append(errs, fmt.Errorf(
				"correlate: TrustedHosts: %.100q: expected a host name or address without scheme and port, or *.name", entry))
		}
	}
	return h, errors.Join(errs...)
}

func (h *hosts) match(host string) bool {
	if len(h.exact) == 0 && len(h.suffixes) == 0 {
		return false
	}
	host = normalHost(host)
	if h.exact[host] {
		return true
	}
	if isAddress(host) {
		return false
	}
	for _, s := range h.suffixes {
		if len(host) > len(s) && strings.HasSuffix(host, s) {
			return true
		}
	}
	return false
}

func normalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isName says whether name is made of labels such as DNS has (underscore included, as in service names).
func isName(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
