package geo

import (
	"errors"
	"fmt"
	"time"
)

// Options for Open. Files is required.
type Options struct {
	// Files are the paths of the databases. Where two know the same of an address, the first counts.
	Files []string
	// Keys are the attributes that hold a client's address, as paths; the first that is there counts. nil means
	// client_ip, client.address, remote_ip, remote_addr, http.client_ip, http.remote_ip and net.peer.ip.
	Keys []string
	// City adds the city, Coordinates latitude and longitude as the database has them.
	City, Coordinates bool
	// Language is that of the names. Empty means English ("en"); a name that the database does not have in it is left out.
	Language string
	// Refresh is how often the files are looked at for a new version. 0 means 10 seconds; negative means never; else 1 ms to
	// 24 h.
	Refresh time.Duration
	// MaxBytes bounds the size of one file. 0 means 512 MiB.
	MaxBytes int64
	// OnError receives what went wrong while a new version was read. nil means stderr, the first of a kind per minute.
	OnError func(error)
}

var defaultKeys = []string{"client_ip", "client.address", "remote_ip", "remote_addr", "http.client_ip", "http.remote_ip", "net.peer.ip"}

// Defaults and limits of Options.
const (
	defaultRefresh  = 10 * time.Second
	minRefresh      = time.Millisecond
	maxRefresh      = 24 * time.Hour
	defaultMaxBytes = 512 << 20
)

// Validate says which fields cannot be used and what was expected.
func (o *Options) Validate() error {
	var errs []error
	if o == nil || len(o.Files) == 0 {
		errs = append(errs, errors.New("geo: Files is empty: want the path of a database in MaxMind's format"))
		return errors.Join(errs...)
	}
	if o.Refresh > 0 && (o.Refresh < minRefresh || o.Refresh > maxRefresh) {
		errs = append(errs, fmt.Errorf("geo: Refresh is %v: want 1ms to 24h, 0 for 10s, or negative for never", o.Refresh))
	}
	if o.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("geo: MaxBytes is %d: want a size, or 0 for %d", o.MaxBytes, defaultMaxBytes))
	}
	return errors.Join(errs...)
}

func (o *Options) withDefaults() Options {
	d := *o
	if d.Keys == nil {
		d.Keys = defaultKeys
	}
	if d.Language == "" {
		d.Language = "en"
	}
	if d.Refresh == 0 {
		d.Refresh = defaultRefresh
	}
	if d.MaxBytes == 0 {
		d.MaxBytes = defaultMaxBytes
	}
	return d
}
