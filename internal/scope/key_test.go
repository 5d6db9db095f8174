package scope

import (
	"encoding/hex"
	"math/bits"
	"testing"
)

func TestTraceKeyEqualsTheKeyOfItsDigits(t *testing.T) {
	for range 100 {
		id := NewTrace()
		if a, b := TraceKey(id), Key(hex.EncodeToString(id[:])); a != b || a == 0 {
			t.Fatalf("trace %x: %d by bytes, %d by digits", id, a, b)
		}
	}
	if TraceKey([16]byte{}) != 0 || Key("") != 0 {
		t.Error("nothing has a key")
	}
}

func TestKeySpreadsOverAllBits(t *testing.T) {
	const n = 4096
	var set [64]int
	for i := range n {
		k := Key("request-" + string(rune('a'+i%26)) + hex.EncodeToString([]byte{byte(i >> 8), byte(i)}))
		for b := range set {
			set[b] += int(k >> b & 1)
		}
	}
	for b, c := range set {
		if c < n*45/100 || c > n*55/100 {
			t.Errorf("bit %d is set in %d of %d keys", b, c, n)
		}
	}
}

func TestMixIsNeverZero(t *testing.T) {
	if got := mix(0); got == 0 || bits.OnesCount64(got) != 1 {
		t.Errorf("mix(0) = %d, want one bit", got)
	}
}
