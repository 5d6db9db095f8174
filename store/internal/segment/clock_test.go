package segment

import (
	"math/rand/v2"
	"testing"
)

func TestAClockReadsWhatItsLayoutDoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ls := append([]layout{"Y-M-DTh:m:sF+02:00", "Y-M-DTh:m:s.u-11:30"}, layouts...)
	for _, l := range ls {
		c := newClock(l)
		at := int64(1_790_000_000)
		for range 4000 {
			at += rng.Int64N(40) - 15
			if rng.IntN(300) == 0 {
				at = rng.Int64N(4e9) - 2e9
			}
			v := at*l.unit() + []int64{0, rng.Int64N(l.unit()), rng.Int64N(1000) * l.unit() / 1000}[rng.IntN(3)]
			if !l.dated() {
				v = (v%86400 + 86400) % 86400
			}
			s := l.format(nil, v)
			if rng.IntN(4) == 0 { // spoil it
				i := rng.IntN(len(s))
				s[i] = "09.:Z+5a 6"[rng.IntN(10)]
			}
			if rng.IntN(8) == 0 {
				s = s[:rng.IntN(len(s)+1)]
			}
			want, n, ok := l.parse(s)
			if !ok || n != len(s) {
				want, ok = 0, false
			}
			if got, gotOK := c.read(s); got != want || gotOK != ok {
				t.Fatalf("%s of %q: %d, %v, want %d, %v", l, s, got, gotOK, want, ok)
			}
		}
	}
}

func TestEightDigitsAreReadAtOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		var b [8]byte
		want, all := int64(0), true
		for i := range b {
			b[i] = '0' + byte(rng.IntN(10))
			if rng.IntN(40) == 0 {
				b[i] = byte(rng.IntN(256))
			}
			want, all = want*10+int64(b[i]-'0'), all && isDigit(b[i])
		}
		got, ok := fixed(b[:])
		if ok != all || ok && got != want {
			t.Fatalf("%q: %d, %v, want %d, %v", b, got, ok, want, all)
		}
	}
}
