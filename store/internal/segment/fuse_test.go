package segment

import (
	"math/rand/v2"
	"testing"
)

func TestAFilterHasEveryKeyAndFewOthers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 3, 10, 100, 1000, 30000, 300000} {
		keys := make([]uint64, n)
		for i := range keys {
			keys[i] = r.Uint64()
		}
		all := append([]uint64(nil), keys...)
		if n > 0 {
			keys = append(keys, keys[0]) // a key twice
		}
		f, err := readFilter(newFilter(keys).append(nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			if !f.has(k) {
				t.Fatalf("%d keys: one is denied", n)
			}
		}
		wrong := 0
		for range 100000 {
			if f.has(r.Uint64()) {
				wrong++
			}
		}
		if n > 0 && wrong > 600 { // 390 are expected
			t.Errorf("%d keys: %d of 100,000 others are affirmed", n, wrong)
		}
		if n >= 30000 && len(f.prints)*8 > n*11 {
			t.Errorf("%d keys take %d bytes", n, len(f.prints))
		}
	}
}
