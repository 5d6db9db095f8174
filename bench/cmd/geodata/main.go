// Command geodata writes the databases that the tests of handler/enrich/geo read: networks of the documentation ranges with
// invented places. It stands here so that the writer stays out of the library's module.
//
//	cd bench && go run ./cmd/geodata ../handler/enrich/geo/testdata
package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: geodata DIR")
		os.Exit(2)
	}
	for name, networks := range map[string]map[string]mmdbtype.Map{
		"city.mmdb":    {"203.0.113.0/24": place("SE", "Sweden", "Östersund", 63.18, 14.64), "198.51.100.0/25": place("CL", "Chile", "", 0, 0), "2001:db8:1::/48": place("JP", "Japan", "Kobe", 34.69, 135.2), "8.8.8.0/24": place("US", "United States", "", 0, 0)},
		"city-2.mmdb":  {"203.0.113.0/24": place("NO", "Norway", "Bodø", 67.28, 14.4)},
		"as.mmdb":      {"203.0.113.0/24": {"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example Net")}},
		"strange.mmdb": {"203.0.113.0/24": {"country": mmdbtype.String("a text"), "location": mmdbtype.Uint32(7)}},
	} {
		if err := write(filepath.Join(os.Args[1], name), networks); err != nil {
			fmt.Fprintln(os.Stderr, "geodata:", err)
			os.Exit(1)
		}
	}
}

func place(code, country, city string, lat, long float64) mmdbtype.Map {
	name := func(s string) mmdbtype.Map { return mmdbtype.Map{"en": mmdbtype.String(s)} }
	m := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code), "names": name(country)}, "continent": mmdbtype.Map{"code": mmdbtype.String("XX")}}
	if city != "" {
		m["city"] = mmdbtype.Map{"names": name(city)}
		m["location"] = mmdbtype.Map{"latitude": mmdbtype.Float64(lat), "longitude": mmdbtype.Float64(long)}
	}
	return m
}

func write(path string, networks map[string]mmdbtype.Map) error {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Sluice-Test", RecordSize: 24, BuildEpoch: 1767225600, IncludeReservedNetworks: true})
	if err != nil {
		return err
	}
	for cidr, data := range networks {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return err
		}
		if err := tree.Insert(network, data); err != nil {
			return err
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := tree.WriteTo(f); err != nil {
		return err
	}
	return f.Close()
}
