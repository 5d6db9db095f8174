package jsonenc

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func checkFloat(t *testing.T, f float64) {
	t.Helper()
	want, err := json.Marshal(f)
	if err != nil {
		return
	}
	if got := appendFloat(nil, f); string(got) != string(want) {
		t.Errorf("%b: got %s, want %s", f, got, want)
	}
}

func TestFloatsAreThoseOfEncodingJSON(t *testing.T) {
	for _, f := range []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 0.5, 12.75, -18.25, 1e-6, 9.999999e-7, 1e-7, 1e-10, 1e20, 1e21, 1e22, 123456789.123456,
		999999999.999999, 999999999.9999999, 1e9, 1e15, 1e16, 1 << 53, math.MaxFloat64, math.SmallestNonzeroFloat64, 0.000001, 0.0000015,
		1.0000001, 0.3, 0.1 + 0.2, 100, 1000, 1e8, 5e-324, 2.5e-9, math.Pi, float64(float32(0.1)),
	} {
		checkFloat(t, f)
		checkFloat(t, -f)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		checkFloat(t, math.Float64frombits(rng.Uint64()))
		// Decimals of all lengths, and their neighbours.
		f := float64(rng.Int64N(1<<rng.IntN(63)+1)) / math.Pow10(rng.IntN(12))
		checkFloat(t, f)
		checkFloat(t, math.Nextafter(f, math.Inf(1)))
		checkFloat(t, math.Nextafter(f, 0))
	}
}

func TestNumbersThatJSONDoesNotHaveAreStrings(t *testing.T) {
	for f, want := range map[float64]string{math.Inf(1): `"+Inf"`, math.Inf(-1): `"-Inf"`} {
		if got := string(appendFloat(nil, f)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := string(appendFloat(nil, math.NaN())); got != `"NaN"` {
		t.Errorf("got %s", got)
	}
}

func FuzzFloat(f *testing.F) {
	f.Add(0.1)
	f.Fuzz(checkFloat)
}

func TestIntegersKeepAllDigits(t *testing.T) {
	check := func(i int64) {
		if got, want := string(appendInt(nil, i)), strconv.FormatInt(i, 10); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := string(appendUint(nil, uint64(i))), strconv.FormatUint(uint64(i), 10); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for i := int64(1); i > 0 && i <= 1e18; i *= 10 {
		for d := int64(-2); d <= 2; d++ {
			check(i + d)
			check(-i - d)
			check(3*i + d)
		}
	}
	check(math.MinInt64)
	check(math.MaxInt64)
	for i := range int64(200_000) {
		check(i)
	}
}
