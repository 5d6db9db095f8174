package geo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/handler/enrich"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func opened(t testing.TB, o Options) *Places {
	t.Helper()
	if o.Files == nil {
		o.Files = []string{"testdata/city.mmdb", "testdata/as.mmdb"}
	}
	if o.OnError == nil {
		o.OnError = func(err error) { t.Error(err) }
	}
	p, err := Open(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// geoOf logs a record and returns its group geo as JSON.
func geoOf(t testing.TB, ctx context.Context, p *Places, attrs ...slog.Attr) string {
	t.Helper()
	var b bytes.Buffer
	l := slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{p}}))
	l.WithGroup("g").LogAttrs(ctx, slog.LevelInfo, "m", attrs...)
	var got struct{ Geo json.RawMessage }
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return string(got.Geo)
}

func TestAddressesAreTold(t *testing.T) {
	short, long := opened(t, Options{}), opened(t, Options{City: true, Coordinates: true})
	for _, tc := range []struct {
		p    *Places
		attr slog.Attr
		want string
	}{
		{short, slog.String("client_ip", "203.0.113.7"), `{"country":"SE","country_name":"Sweden","continent":"XX","asn":64500,"as_org":"Example Net"}`},
		{long, slog.String("client_ip", "203.0.113.7"), `{"country":"SE","country_name":"Sweden","continent":"XX","city":"Östersund","latitude":63.18,"longitude":14.64,"asn":64500,"as_org":"Example Net"}`},
		{short, slog.String("remote_addr", "8.8.8.8:443"), `{"country":"US","country_name":"United States","continent":"XX"}`},
		{short, slog.String("remote_addr", "[2001:db8:1::7]:443"), `{"country":"JP","country_name":"Japan","continent":"XX"}`},
		{short, slog.String("remote_addr", "[2001:db8:1::7]"), `{"country":"JP","country_name":"Japan","continent":"XX"}`},
		{short, slog.Any("client_ip", netip.MustParseAddr("::ffff:8.8.8.8")), `{"country":"US","country_name":"United States","continent":"XX"}`},
		{short, slog.Any("client_ip", netip.MustParseAddr("64:ff9b::808:808")), `{"country":"US","country_name":"United States","continent":"XX"}`},
		{short, slog.Any("client_ip", &net.TCPAddr{IP: net.IPv4(8, 8, 8, 8)}), `{"country":"US","country_name":"United States","continent":"XX"}`},
		{short, slog.Any("client_ip", (*net.TCPAddr)(nil)), ``},
		{short, slog.Group("http", slog.String("remote_ip", "198.51.100.1")), `{"country":"CL","country_name":"Chile","continent":"XX"}`},
		{short, slog.String("client_ip", "198.51.100.200"), `{"range":"documentation"}`},
		{short, slog.String("client_ip", "10.1.2.3"), `{"range":"private"}`},
		{short, slog.String("client_ip", "9.9.9.9"), ``},
		{short, slog.String("client_ip", "[IP_REDACTED]"), ``},
		{short, slog.String("client_ip", "1.2.3"), ``},
		{short, slog.String("client_ip", strings.Repeat("1", 1000)), ``},
		{short, slog.Int("client_ip", 7), ``},
		{short, slog.String("other", "203.0.113.7"), ``},
	} {
		if d := cmp.Diff(tc.want, geoOf(t, t.Context(), tc.p, tc.attr)); d != "" {
			t.Errorf("%v: %s", tc.attr, d)
		}
	}
	if s := short.Stats(); s.Found != 8 || s.Ranged != 2 || s.Unknown != 1 {
		t.Errorf("%+v", s)
	}
}

func TestRangesForSpecialPurposes(t *testing.T) {
	for addr, want := range map[string]string{
		"10.0.0.1": "private", "172.31.255.255": "private", "192.168.0.1": "private", "fd00::1": "private", "127.0.0.9": "loopback", "::1": "loopback",
		"169.254.1.1": "link_local", "fe80::1%eth0": "link_local", "224.0.0.1": "multicast", "ff02::1": "multicast", "0.0.0.0": "unspecified", "::": "unspecified",
		"0.1.2.3": "this_network", "100.64.0.1": "shared", "192.0.2.1": "documentation", "2001:db8::1": "documentation", "3fff::1": "documentation",
		"198.19.0.1": "benchmarking", "240.0.0.1": "reserved", "255.255.255.255": "reserved", "fec0::1": "reserved", "::ffff:10.0.0.1": "private", "64:ff9b::a00:1": "private",
		"8.8.8.8": "", "100.128.0.1": "", "172.32.0.1": "", "2606:4700::1": "",
	} {
		if got := Range(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is %q, want %q", addr, got, want)
		}
	}
	if Range(netip.Addr{}) != "" {
		t.Error("the zero Addr has a range")
	}
}

func TestTheContextsAddressGoesBeforeTheRecords(t *testing.T) {
	p := opened(t, Options{})
	ctx := WithAddress(t.Context(), netip.MustParseAddr("8.8.8.8"))
	if got := geoOf(t, ctx, p, slog.String("client_ip", "203.0.113.7")); !strings.Contains(got, `"US"`) {
		t.Error(got)
	}
	if _, ok := Address(WithAddress(t.Context(), netip.Addr{})); ok {
		t.Error("an invalid address counts")
	}
}

func TestForwardedHeadersAreBelievedAsFarAsProxiesWroteThem(t *testing.T) {
	for _, tc := range []struct {
		proxies int
		headers []string
		want    string
	}{
		{0, []string{"1.1.1.1"}, "192.0.2.1"},
		{1, []string{"6.6.6.6, 1.1.1.1"}, "1.1.1.1"},
		{2, []string{"6.6.6.6, 1.1.1.1", "2.2.2.2"}, "1.1.1.1"},
		{2, []string{"1.1.1.1"}, "192.0.2.1"},
		{1, nil, "192.0.2.1"},
		{1, []string{"unknown"}, "192.0.2.1"},
		{1, []string{"[2001:db8::5]:80"}, "2001:db8::5"},
		{1, []string{strings.Repeat("9.9.9.9,", 100_000) + "1.1.1.1"}, "1.1.1.1"},
	} {
		var got netip.Addr
		h := Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = Address(r.Context()) }), tc.proxies)
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X-Forwarded-For"] = tc.headers
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != tc.want {
			t.Errorf("%d proxies, %.40v: %v, want %s", tc.proxies, tc.headers, got, tc.want)
		}
	}
}

// put puts a version of a database in the place of another, as an updater does.
func put(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(to+".new", to); err != nil {
		t.Fatal(err)
	}
}

func TestANewVersionIsTakenAndABadOneIsNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.mmdb")
	put(t, "testdata/city.mmdb", path)
	synctest.Test(t, func(t *testing.T) {
		errs := make(chan error, 10)
		p := opened(t, Options{Files: []string{path}, OnError: func(err error) { errs <- err }})
		country := func(want string) {
			t.Helper()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got := geoOf(t, t.Context(), p, slog.String("client_ip", "203.0.113.7")); !strings.Contains(got, fmt.Sprintf(`"country":%q`, want)) {
				t.Errorf("%s, want country %s", got, want)
			}
		}
		country("SE")
		put(t, "testdata/city-2.mmdb", path)
		country("NO")
		if err := os.WriteFile(path, []byte("cut"), 0o600); err != nil {
			t.Fatal(err)
		}
		country("NO")
		if err := <-errs; len(errs) != 0 || !strings.Contains(err.Error(), "is no database in MaxMind's format") {
			t.Error(err)
		}
		_ = os.Remove(path)
		country("NO")
		put(t, "testdata/city.mmdb", path)
		country("SE")
		if s := p.Stats(); s.Reloads != 2 || s.Errors != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestReloadsAndLookupsDoNotDisturbEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.mmdb")
	put(t, "testdata/city.mmdb", path)
	p := opened(t, Options{Files: []string{path}, Refresh: -1})
	addr := netip.MustParseAddr("203.0.113.9")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5000 {
				if a := p.Attr(addr); a.Key != Key {
					t.Error("nothing is known")
					return
				}
			}
		})
	}
	for i := range 50 {
		put(t, []string{"testdata/city.mmdb", "testdata/city-2.mmdb"}[i%2], path)
		if err := p.Reload(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func TestWhatCannotBeOpenedIsNamed(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.mmdb")
	if err := os.WriteFile(bad, bytes.Repeat([]byte("x"), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		o    *Options
		want string
	}{
		{nil, "Files is empty"},
		{&Options{}, "Files is empty"},
		{&Options{Files: []string{"testdata/none.mmdb"}}, "none.mmdb"},
		{&Options{Files: []string{bad}}, "is no database in MaxMind's format"},
		{&Options{Files: []string{bad}, MaxBytes: 100}, "has 4096 bytes: want at most 100"},
		{&Options{Files: []string{bad}, Refresh: 1}, "Refresh is 1ns"},
		{&Options{Files: []string{bad}, MaxBytes: -1}, "MaxBytes is -1"},
		{&Options{Files: make([]string, 5)}, "at most 4"},
	} {
		if p, err := Open(tc.o); p != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.o, err, tc.want)
		}
	}
}

func TestARecordThatIsNotAsExpectedIsReported(t *testing.T) {
	var errs []error
	p := opened(t, Options{Files: []string{"testdata/strange.mmdb", "testdata/as.mmdb"}, OnError: func(err error) { errs = append(errs, err) }})
	if got := geoOf(t, t.Context(), p, slog.String("client_ip", "203.0.113.7")); got != `{"asn":64500,"as_org":"Example Net"}` || len(errs) != 1 {
		t.Errorf("%s, %v", got, errs)
	}
}

// FuzzLookup changes bytes of a database: nothing panics, whatever is found.
func FuzzLookup(f *testing.F) {
	data, err := os.ReadFile("testdata/city.mmdb")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(100, byte(1), "203.0.113.7")
	f.Add(1000, byte(0xff), "2001:db8:1::1")
	f.Fuzz(func(t *testing.T, at int, b byte, addr string) {
		a, ok := parseText(addr)
		if !ok || at < 0 {
			return
		}
		path := filepath.Join(t.TempDir(), "f.mmdb")
		bad := bytes.Clone(data)
		bad[at%len(bad)] = b
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Open(&Options{Files: []string{path}, Refresh: -1, City: true, Coordinates: true, OnError: func(error) {}})
		if err != nil {
			return
		}
		p.Attr(a)
	})
}

// BenchmarkEnrich is a record that names an address: of a network that is remembered (warm), of one that is decoded (cold), of a
// private one, and without the enricher.
func BenchmarkEnrich(b *testing.B) {
	p := opened(b, Options{City: true})
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
	r.AddAttrs(slog.String("client_ip", "203.0.113.7"))
	private := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
	private.AddAttrs(slog.String("client_ip", "10.0.0.7"))
	for _, bb := range []struct {
		name string
		e    []enrich.Enricher
		r    slog.Record
	}{{"none", nil, r}, {"warm", []enrich.Enricher{p}, r}, {"private", []enrich.Enricher{p}, private}} {
		b.Run(bb.name, func(b *testing.B) {
			h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: bb.e})
			b.ReportAllocs()
			for b.Loop() {
				_ = h.Handle(context.Background(), bb.r)
			}
		})
	}
	b.Run("cold", func(b *testing.B) {
		h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{p}})
		v, slot := p.current.Load(), 0
		for v.known[slot].Load() == nil {
			slot++
		}
		b.ReportAllocs()
		for b.Loop() {
			v.known[slot].Store(nil)
			_ = h.Handle(context.Background(), r)
		}
	})
	b.Run("attr alone", func(b *testing.B) {
		addr := netip.MustParseAddr("203.0.113.7")
		b.ReportAllocs()
		for b.Loop() {
			p.Attr(addr)
		}
	})
}
