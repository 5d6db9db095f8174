package mask

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

func TestARememberedTextIsWholeAndTheScannersOwn(t *testing.T) {
	all, none := scan.New(scan.DefaultKinds()), scan.New(scan.Set{})
	var texts cleanTexts
	clean := []string{"denoise-worker", "aud_5f2c9a1be07d4c33", "12345678", "denoise-worker-7c9f25-ag1.internal"[:32]}
	for range 5 {
		for _, s := range clean {
			if !texts.clean(all, s) {
				t.Errorf("%q is not clean", s)
			}
		}
	}
	// Each differs from a remembered text, or from itself, in what is found by one scanner and not by the other.
	for _, s := range []string{"ann@example.com", "a.b@example.com", "4111111111111111"} {
		for range 5 {
			if !texts.clean(none, s) {
				t.Fatalf("a scanner of nothing finds %q", s)
			}
			if texts.clean(all, s) {
				t.Errorf("%q is clean after another scanner found nothing in it", s)
			}
		}
	}
}

func TestEveryByteOfATextCounts(t *testing.T) {
	scanner := scan.New(scan.DefaultKinds())
	for n := leastRemembered; n <= mostRemembered; n++ {
		s := strings.Repeat("x", n)
		var texts cleanTexts
		for range 5 {
			texts.clean(scanner, s)
		}
		w := wordsOf(s)
		for i := range n {
			b := []byte(s)
			b[i] = 'y'
			if other := wordsOf(string(b)); other == w {
				t.Errorf("%d bytes: byte %d does not count", n, i)
			}
		}
		if n > leastRemembered && w == wordsOf(s[:n-1]) {
			t.Errorf("%d bytes: the length does not count", n)
		}
	}
}

func TestTextsThatNeverComeAgainAreNotKept(t *testing.T) {
	scanner := scan.New(scan.DefaultKinds())
	var texts cleanTexts
	for i := range 10_000 {
		texts.clean(scanner, fmt.Sprintf("stage %d done", i))
	}
	for i := range texts.slots {
		if texts.slots[i].Load() != nil {
			t.Fatal("a text is kept that came once")
		}
	}
}

func TestCleanTextsAreSafeForConcurrentUse(t *testing.T) {
	scanner := scan.New(scan.DefaultKinds())
	var texts cleanTexts
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5_000 {
				if s := fmt.Sprintf("worker-%03d-ok", (i*g)%40); !texts.clean(scanner, s) {
					t.Errorf("%q is not clean", s)
				}
				if texts.clean(scanner, fmt.Sprintf("u%03d@example.com", i%40)) {
					t.Error("an address is clean")
				}
			}
		})
	}
	wg.Wait()
}
