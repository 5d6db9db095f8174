//go:build !race

package geo

import (
	"net/netip"
	"testing"
)

func TestAKnownNetworkCostsNoAllocation(t *testing.T) {
	p := opened(t, Options{City: true})
	for _, text := range []string{"203.0.113.7", "10.0.0.1", "9.9.9.9"} {
		addr := netip.MustParseAddr(text)
		p.Attr(addr)
		if n := testing.AllocsPerRun(100, func() { p.Attr(addr) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}
