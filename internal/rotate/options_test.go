package rotate

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOptionsOutOfRangeAreNamed(t *testing.T) {
	for want, o := range map[string]*Options{
		"":                                                    nil,
		"MaxAge -1s: want 0 or more":                          {MaxAge: -time.Second},
		"Keep -1s: want 0 or more":                            {Keep: -time.Second},
		"SyncEvery -1s: want 0 or more":                       {SyncEvery: -time.Second},
		"CheckEvery -1s: want 0 or more":                      {CheckEvery: -time.Second},
		"Interval 1ms: want 0, or 1s to 24h":                  {Interval: time.Millisecond},
		"Interval 25h0m0s: want 0, or 1s to 24h":              {Interval: 25 * time.Hour},
		`At "noon": want a time of the day`:                   {At: []string{"06:00", "noon"}},
		"MaxFiles -1: want 0 or more":                         {MaxFiles: -1},
		"MaxTotalBytes 5: want at least MaxBytes, which is 6": {MaxBytes: 6, MaxTotalBytes: 5},
		`Compress "lz4": want zstd, gzip or none`:             {Compress: "lz4"},
		`Sync "often": want interval, always or none`:         {Sync: "often"},
		"Perm 0400: want permission bits":                     {Perm: 0o400},
	} {
		err := o.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if err != nil {
			if _, oerr := Open(filepath.Join(t.TempDir(), "app.log"), o); oerr == nil || oerr.Error() != err.Error() {
				t.Errorf("Open: %v", oerr)
			}
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, tt := range []struct {
		o            *Options
		bytes, total int64
	}{
		{nil, 100 << 20, 1 << 30},
		{&Options{MaxBytes: 1 << 20}, 1 << 20, 1 << 30},
		{&Options{MaxBytes: 1 << 30}, 1 << 30, 10 << 30},
		{&Options{MaxBytes: math.MaxInt64}, math.MaxInt64, math.MaxInt64},
		{&Options{MaxTotalBytes: 50 << 20}, 5 << 20, 50 << 20},
		{&Options{MaxTotalBytes: 1}, 1, 1},
		{&Options{MaxBytes: -1, MaxTotalBytes: -1}, -1, -1},
	} {
		if n := tt.o.withDefaults(); n.MaxBytes != tt.bytes || n.MaxTotalBytes != tt.total {
			t.Errorf("%+v: %d and %d", tt.o, n.MaxBytes, n.MaxTotalBytes)
		}
	}
}

func TestOptionsAreCopied(t *testing.T) {
	o := Options{At: []string{"06:00"}}
	before := o
	before.At = []string{"06:00"}
	w := mustOpen(t, filepath.Join(t.TempDir(), "app.log"), o, nil)
	o.At[0] = "noon"
	if w.opts.At[0] != "06:00" {
		t.Error("the writer shares the caller's slice")
	}
	o.At[0] = "06:00"
	if diff := cmp.Diff(before, o); diff != "" {
		t.Error(diff)
	}
}
