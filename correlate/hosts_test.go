package correlate

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzTrustedHosts: nobody is trusted but who ends in the entry, and Validate says which entries trust nobody.
func FuzzTrustedHosts(f *testing.F) {
	f.Add("api.example.com", "http://API.example.com.:80/")
	f.Add("*.svc.local", "http://a.b.svc.local/")
	f.Add("*.svc.local", "http://svc.local@evil.org/")
	f.Add("*.svc.local", "http://.svc.local/")
	f.Add("*.0.0.8", "http://10.0.0.8/")
	f.Add("::1", "http://[::1]:80/")
	f.Add("*", "http://a/")
	f.Add("*.*", "//..")
	f.Fuzz(func(t *testing.T, entry, target string) {
		h, err := parseHosts([]string{entry})
		if empty := len(h.exact)+len(h.suffixes) == 0; empty != (err != nil) {
			t.Fatalf("entry %q: error %v, list %v", entry, err, h)
		}
		u, perr := url.Parse(target)
		if perr != nil || !h.match(u.Hostname()) {
			return
		}
		host, want := strings.ToLower(u.Hostname()), strings.ToLower(strings.TrimSuffix(entry, "."))
		host = strings.TrimSuffix(host, ".")
		if suffix, wild := strings.CutPrefix(want, "*"); host != want && (!wild || len(suffix) < 2 || !strings.HasSuffix(host, suffix) || host == suffix) {
			t.Errorf("%q trusts %q", entry, target)
		}
	})
}
