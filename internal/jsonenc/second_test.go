package jsonenc

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestTimesAreThoseOfRFC3339Nano(t *testing.T) {
	zones := []*time.Location{time.UTC, time.Local, time.FixedZone("a", 5*3600+1800), time.FixedZone("b", -9*3600), time.FixedZone("c", 0), time.FixedZone("", 1172)}
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		zones = append(zones, berlin)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var s second
	check := func(u time.Time) {
		if got, want := string(s.append(nil, u)), u.Format(time.RFC3339Nano); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	check(time.Unix(0, 0).UTC())
	check(time.Time{}.Add(1))
	check(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC))
	check(time.Date(123456, 1, 1, 0, 0, 0, 1, time.UTC))
	check(time.Unix(1<<61, 5))
	for range 20_000 {
		u := time.Unix(rng.Int64N(1<<33)-1<<31, rng.Int64N(1e9))
		if rng.IntN(2) == 0 {
			u = u.Truncate(time.Duration([]int64{1e3, 1e5, 1e6, 1e8, 1e9}[rng.IntN(5)]))
		}
		for range 3 {
			check(u.In(zones[rng.IntN(len(zones))]))
		}
	}
}
