package geo

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// file is a version of a database in memory.
type file struct {
	path   string
	seen   identity
	reader *maxminddb.Reader
}

// identity tells the versions of a file apart.
type identity struct {
	size     int64
	modified time.Time
	info     os.FileInfo
}

func identify(info os.FileInfo) identity { return identity{info.Size(), info.ModTime(), info} }

func (i identity) same(info os.FileInfo) bool {
	return i.info != nil && i.size == info.Size() && i.modified.Equal(info.ModTime()) && os.SameFile(i.info, info)
}

// load reads a database. The identity is that of the open file, so a version that takes its place meanwhile is seen.
func load(path string, limit int64) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("geo: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("geo: %w", err)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("geo: %s has %d bytes: want at most %d", path, info.Size(), limit)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("geo: %w", err)
	}
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("geo: %s is no database in MaxMind's format: %w", path, err)
	}
	return &file{path: path, seen: identify(info), reader: r}, nil
}

// place is what the databases know of an address; the fields are those of GeoLite2 and GeoIP2.
type place struct {
	Country struct {
		Code  string            `maxminddb:"iso_code"`
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"country"`
	Continent struct {
		Code string `maxminddb:"code"`
	} `maxminddb:"continent"`
	City struct {
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
	Number       uint32 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
}

// find returns the record of an address without decoding it.
func (f *file) find(addr netip.Addr) (at uintptr, r maxminddb.Result, ok bool) {
	r = f.reader.Lookup(addr)
	if !r.Found() {
		return 0, r, false
	}
	return r.Offset(), r, true
}
