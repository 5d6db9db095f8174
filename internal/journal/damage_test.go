package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// frames returns where the frames of a segment end, by an independent walk over its bytes.
func frameEnds(t testing.TB, name string, sizes func(uint64) int, first, last uint64) []int64 {
	t.Helper()
	var ends []int64
	off := int64(0)
	for n := first; n <= last; n++ {
		for left := frameBytes + max(12, sizes(n)); left > 0; left-- {
			if off%blockBytes == 0 {
				off += headerBytes
			}
			off++
		}
		ends = append(ends, off)
	}
	b, err := os.ReadFile(name)
	if err != nil || int64(len(trimmed(b))) != off {
		t.Fatalf("%s: %d bytes used, want %d: %v", name, len(trimmed(b)), off, err)
	}
	return ends
}

// Whatever a journal of three segments is cut to, the records that are whole before the cut come out, and no other.
func TestEveryPrefixOfAJournal(t *testing.T) {
	const written = 15
	sizes := func(n uint64) int { return 12 + int(n*7)%40 }
	dir := t.TempDir()
	o := Options{SegmentBytes: 300, Sync: SyncNone, FS: newTestFS()}
	j, _ := mustOpen(t, dir, o)
	put(t, j, 1, written, sizes)
	mustClose(t, j)
	names := segmentFiles(t, dir)
	if len(names) != 3 {
		t.Fatalf("%d segments", len(names))
	}
	var bytes [][]byte
	var firsts, ends []uint64
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bytes = append(bytes, b)
		firsts = append(firsts, parseName(filepath.Base(name)).first)
	}
	for i := range names {
		last := uint64(written)
		if i+1 < len(firsts) {
			last = firsts[i+1] - 1
		}
		ends = append(ends, last)
	}
	// restOf says whether the segments behind the cut are there (one file was cut) or not (the journal was).
	for _, rest := range []bool{false, true} {
		for i := range names {
			frameEnd := frameEnds(t, names[i], sizes, firsts[i], ends[i])
			for cut := 0; cut <= len(bytes[i]); cut++ {
				d := t.TempDir()
				for k := range names {
					b := bytes[k]
					if k == i {
						b = b[:cut]
					} else if k > i && !rest {
						break
					}
					if err := os.WriteFile(filepath.Join(d, filepath.Base(names[k])), b, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				whole := uint64(0)
				for _, e := range frameEnd {
					if e <= int64(cut) {
						whole++
					}
				}
				want := firsts[i] - 1 + whole
				if rest {
					want += written - ends[i]
				}
				j, r := mustOpen(t, d, o)
				got := drainBoth(t, j)
				if uint64(len(got)) != want || r.Records != want {
					t.Fatalf("segment %d cut to %d, rest %v: delivers %v, want %d records; %+v", i, cut, rest, got, want, r)
				}
				beyond := written - r.Last // behind the end, where nothing says that there was more
				if rest && i < 2 && beyond != 0 || uint64(len(got))+r.Lost-r.Torn+beyond != written {
					t.Fatalf("segment %d cut to %d, rest %v: %d delivered, %d lost, %d beyond: %+v", i, cut, rest, len(got), r.Lost, beyond, r)
				}
				torn := int64(cut) > frameEnd[max(int(whole)-1, 0)] || whole == 0 && cut > 0
				if int64(cut) > frameEnd[len(frameEnd)-1] {
					torn = false
				}
				if !rest && torn != (r.TornBytes > 0) && len(trimmed(bytes[i][:cut])) == cut {
					t.Fatalf("segment %d cut to %d: torn %v: %+v", i, cut, torn, r)
				}
				put(t, j, r.Last+1, r.Last+3, sizes)
				if again := drainBoth(t, j); len(again) != len(got)+3 {
					t.Fatalf("segment %d cut to %d, rest %v: after three more: %v", i, cut, rest, again)
				}
				mustClose(t, j)
			}
		}
	}
}

// For every flipped bit of 64 KiB, the record that was hit is lost, and no other.
func TestEveryFlippedBit(t *testing.T) {
	step := 61 // a prime, so that every bit of a frame's header is met
	if os.Getenv(long) != "" {
		step = 1
	} else {
		t.Logf("each %dth bit; %s=1 for all", step, long)
	}
	dir := t.TempDir()
	o := Options{SegmentBytes: blockBytes, Sync: SyncNone, FS: newTestFS()}
	j, _ := mustOpen(t, dir, o)
	sizes := func(n uint64) int { return 100 + int(n*31)%900 }
	n := uint64(0)
	for size := int64(0); ; n++ {
		if size = afterFrame(size, sizes(n+1)); size > blockBytes {
			break
		}
	}
	put(t, j, 1, n, sizes)
	mustClose(t, j)
	name := segmentFiles(t, dir)[0]
	ends := frameEnds(t, name, sizes, 1, n)
	sound, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 0
	lastFrame := int(ends[len(ends)-2]) * 8
	for bit := 0; bit < len(sound)*8; bit++ {
		if bit%step != 0 && (bit < lastFrame || bit >= lastFrame+8*frameBytes) { // the head of the last frame says what was torn off
			continue
		}
		at := int64(bit / 8)
		b := slices.Clone(sound)
		b[at] ^= 1 << (bit % 8)
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, r := mustOpen(t, dir, o)
		hit, _ := slices.BinarySearch(ends, at+1)
		want, lost := n, r.Lost
		if at >= headerBytes && hit < len(ends) {
			want--
		} else if hit == len(ends) {
			lost -= r.Torn // a bit behind the last record is taken for the begin of one
		}
		got := drainBoth(t, j)
		if uint64(len(got)) != want || uint64(len(got))+lost != n || len(r.Damage) != 1 || r.Damage[0].Kept == "" {
			t.Fatalf("bit %d of byte %d: %d of %d delivered, want %d: %+v", bit%8, at, len(got), n, want, r)
		}
		if want < n && slices.Contains(got, uint64(hit)+1) {
			t.Fatalf("bit %d of byte %d: record %d is delivered", bit%8, at, hit+1)
		}
		mustClose(t, j)
		if err := os.Remove(filepath.Join(dir, r.Damage[0].Kept)); err != nil {
			t.Fatal(err)
		}
		rounds++
	}
	t.Logf("%d bits flipped, %d records", rounds, n)
}

// Holes, overwritten ranges and whole lost segments in a journal of many blocks.
func TestDamagedRanges(t *testing.T) {
	const written = 400
	sizes := func(n uint64) int { return []int{100, 700, 20_000, 12, 100_000, 300}[n%6] }
	dir := t.TempDir()
	o := Options{SegmentBytes: 3 << 20, Sync: SyncNone, FS: newTestFS()}
	j, _ := mustOpen(t, dir, o)
	put(t, j, 1, written, sizes)
	mustClose(t, j)
	names := segmentFiles(t, dir)
	first := func(i int) uint64 { return parseName(filepath.Base(names[i])).first }
	for _, tc := range []struct {
		what   string
		at, n  int64
		fill   byte
		remove bool
	}{
		{"a hole of a page", 200_000, 4096, 0, false},
		{"a hole of many blocks", 100_000, 1 << 20, 0, false},
		{"garbage over many blocks", 65_000, 1 << 20, 0xa5, false},
		{"everything overwritten", 0, 3 << 20, 0xff, false},
		{"everything zero", 0, 3 << 20, 0, false},
		{"removed", 0, 0, 0, true},
	} {
		for _, scanLast := range []bool{false, true} {
			for seg := range names {
				t.Run(fmt.Sprintf("%s/%d/%v", tc.what, seg, scanLast), func(t *testing.T) {
					d := copyDir(t, dir)
					name := filepath.Join(d, filepath.Base(names[seg]))
					o.ScanLast = scanLast
					if tc.remove {
						if err := os.Remove(name); err != nil {
							t.Fatal(err)
						}
					} else {
						f, err := os.OpenFile(name, os.O_RDWR, 0)
						if err != nil {
							t.Fatal(err)
						}
						b := make([]byte, tc.n)
						for i := range b {
							b[i] = tc.fill
						}
						if _, err := f.WriteAt(b, tc.at); err != nil {
							t.Fatal(err)
						}
						f.Close()
					}
					j, r := mustOpen(t, d, o)
					got := drainBoth(t, j)
					lost := j.Stats().Lost - r.Torn
					beyond := written - r.Last
					if uint64(len(got))+lost+beyond != written && !(tc.remove && seg == 0) {
						t.Fatalf("%d delivered, %d lost, %d beyond of %d: %+v", len(got), lost, beyond, written, r)
					}
					if seg < len(names)-1 && beyond != 0 {
						t.Errorf("%d beyond the end: %+v", beyond, r)
					}
					// What was not touched is all there.
					for k := range names {
						if k == seg {
							continue
						}
						last := uint64(written)
						if k+1 < len(names) {
							last = first(k+1) - 1
						}
						for n := first(k); n <= last; n++ {
							if _, ok := slices.BinarySearch(got, n); !ok {
								t.Fatalf("record %d of segment %d is lost", n, k)
							}
						}
					}
					before := 0
					if !tc.remove { // what lies wholly before and behind the range is there too
						last := uint64(written)
						if seg+1 < len(names) {
							last = first(seg+1) - 1
						}
						start := int64(headerBytes)
						for i, e := range frameEnds(t, names[seg], sizes, first(seg), last) {
							if e <= tc.at || start >= tc.at+tc.n {
								before++
								if _, ok := slices.BinarySearch(got, first(seg)+uint64(i)); !ok {
									t.Fatalf("record %d is outside the range and lost", first(seg)+uint64(i))
								}
							}
							start = e
						}
					}
				})
			}
		}
	}
}

func TestDamageIsKeptAsideOnceAndReported(t *testing.T) {
	dir := t.TempDir()
	o := Options{}
	j, _ := mustOpen(t, dir, o)
	put(t, j, 1, 10, fixed(100))
	mustClose(t, j)
	name := segmentFiles(t, dir)[0]
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := int64(headerBytes + 3*116)
	b[at+50] ^= 8
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		j, r := mustOpen(t, dir, o)
		base := filepath.Base(name)
		want := fmt.Sprintf("%s: 116 bytes at %d: checksum or length does not match: 1 records lost, kept in %s.%d.bad", base, at, base[:len(base)-4], at)
		if len(r.Damage) != 1 || r.Damage[0].String() != want || r.Lost != 1 {
			t.Fatalf("%v, want %s", r.Damage, want)
		}
		kept, err := os.ReadFile(filepath.Join(dir, r.Damage[0].Kept))
		if err != nil || string(kept) != string(b[at:at+116]) {
			t.Errorf("kept %d bytes: %v", len(kept), err)
		}
		mustClose(t, j)
	}
	if n := hasKept(t, dir); n != 1 {
		t.Errorf("%d .bad files", n)
	}
}

// A payload made to look like frames is not taken for one when reading resumes inside it.
func TestAPayloadCannotForgeAFrame(t *testing.T) {
	dir := t.TempDir()
	j, _ := mustOpen(t, dir, Options{})
	put(t, j, 1, 1, fixed(100))
	var l layout
	l.buf = make([]byte, 100)
	off := int64(100)
	for n := uint64(3); n < 20; n++ { // as they would be if the salt were known to be 0
		off = l.frame(off, n, 0, record(n, 50))
	}
	if _, err := j.Append(t.Context(), l.buf); err != nil {
		t.Fatal(err)
	}
	put(t, j, 3, 5, fixed(100))
	mustClose(t, j)
	name := segmentFiles(t, dir)[0]
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[headerBytes+116] ^= 1 // the length of record 2
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	j, r := mustOpen(t, dir, Options{})
	if got := drainBoth(t, j); !slices.Equal(got, []uint64{1, 3, 4, 5}) || r.Lost != 1 {
		t.Errorf("%v %+v", got, r)
	}
}
