package rotate

import (
	"path/filepath"
	"testing"
	"time"
)

func TestNames(t *testing.T) {
	at := time.Date(2026, 1, 2, 15, 4, 5, 6e6, time.UTC)
	for path, want := range map[string]string{
		"/var/log/app.log": "/var/log/app-2026-01-02T15-04-05.006.log",
		"/var/log/app":     "/var/log/app-2026-01-02T15-04-05.006",
		"/var/log/a.b.log": "/var/log/a.b-2026-01-02T15-04-05.006.log",
		"/var/log/.app":    "/var/log/.app-2026-01-02T15-04-05.006",
	} {
		n := newNaming(path)
		got := n.path(at.In(time.FixedZone("", 3600)))
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		for tail, like := range map[string]rotated{
			"": {compress: NoCompression}, ".zst": {compress: Zstd}, ".gz": {compress: Gzip}, ".zst.tmp": {compress: Zstd, temp: true},
		} {
			r, ok := n.parse(filepath.Base(got) + tail)
			if !ok || !r.stamp.Equal(at) || r.compress != like.compress || r.temp != like.temp {
				t.Errorf("%s%s: %+v %v", got, tail, r, ok)
			}
		}
	}
}

func TestForeignNamesAreNotOurs(t *testing.T) {
	n := newNaming("/var/log/app.log")
	for _, name := range []string{
		"app.log", "app.log.lock", "app.log.1", "app-.log", "app-2026-01-02.log", "app-2026-01-02T15-04-05.006.txt", "app-2026-01-02T15-04-05.006",
		"app-2026-01-02T15-04-05.006.log.tmp", "app-2026-01-02T15-04-05.006.log.bz2", "app-2026-01-02T15-04-05.006.log.zst.old",
		"app-2026-13-02T15-04-05.006.log", "app-2026-01-02T15-04-05,006.log", "app-x-2026-01-02T15-04-05.006.log", "app2-2026-01-02T15-04-05.006.log",
	} {
		if r, ok := n.parse(name); ok {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("app.log", "app-2026-01-02T15-04-05.006.log.zst")
	f.Add(".x", ".x-2026-01-02T15-04-05.006.gz.tmp")
	f.Fuzz(func(t *testing.T, path, name string) {
		n := newNaming(path)
		r, ok := n.parse(name)
		if !ok {
			return
		}
		again := filepath.Base(n.path(r.stamp)) + suffixes[r.compress]
		if r.temp {
			again += tempSuffix
		}
		if again != filepath.Base(again) || again != name {
			t.Errorf("%q of %q is written %q", name, path, again)
		}
	})
}
