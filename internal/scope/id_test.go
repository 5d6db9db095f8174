package scope

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var version7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestNewIDIsVersion7OfThisTime(t *testing.T) {
	before := time.Now().UnixMilli()
	id := NewID()
	if !version7.MatchString(id) {
		t.Fatalf("%s is no UUID of version 7", id)
	}
	var got int64
	for _, c := range id[:8] + id[9:13] {
		d := int64(c - '0')
		if c >= 'a' {
			d = int64(c-'a') + 10
		}
		got = got<<4 | d
	}
	if got < before || got > before+60_000 {
		t.Errorf("time %d, want about %d", got, before)
	}
}

func TestNewIDIsMonotonicAndUnique(t *testing.T) {
	const goroutines, each = 8, 5000
	made := make([][]string, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for range each {
				made[g] = append(made[g], NewID())
			}
		})
	}
	wg.Wait()
	for _, ids := range made {
		if !slices.IsSorted(ids) {
			t.Error("identifiers of one goroutine are out of order")
		}
	}
	all := slices.Concat(made...)
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != goroutines*each {
		t.Errorf("%d different identifiers, want %d", n, goroutines*each)
	}
}

func TestNewIDRisesWhenTheClockGoesBack(t *testing.T) {
	now := NewID()
	synctest.Test(t, func(t *testing.T) { // the bubble's clock stands at the year 2000
		if then := NewID(); then <= now {
			t.Errorf("%s follows %s", then, now)
		}
	})
}

func TestNewSpanIsNoPaymentCard(t *testing.T) {
	for range 100_000 { // about 54 would be, by chance
		if s := NewSpan(); strings.Trim(hex.EncodeToString(s[:]), "0123456789") == "" {
			t.Fatalf("span %x", s)
		}
	}
}

func BenchmarkNewID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewID()
	}
}
