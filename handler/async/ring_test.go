package async

import (
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// put puts a record of that level into r.
func put(r *ring, level int, flags uint64) outcome {
	s, pos, got := r.claim()
	if got == done {
		s.record = slog.Record{Level: slog.Level(level)}
		s.publish(pos, flags)
	}
	return got
}

// checkRing plays ops on a ring and on a slice; both must agree on every answer.
func checkRing(t *testing.T, capacity int, ops []byte) {
	t.Helper()
	type entry struct {
		level int
		kept  bool
	}
	var (
		r      ring
		model  []entry
		shut   bool
		serial int
		total  uint64
	)
	r.init(capacity)
	for i, op := range ops {
		var got, want outcome
		var it item
		switch op % 8 {
		case 0, 1, 2, 3:
			serial++
			var flags uint64
			if op%8 == 3 {
				flags = kept
			}
			switch {
			case shut:
				want = closed
			case len(model) == capacity:
				want = full
			default:
				model = append(model, entry{serial, flags == kept})
				total++
			}
			got = put(&r, serial, flags)
		case 4, 5, 6:
			spare := op%8 == 6
			wantLevel := 0
			switch {
			case len(model) == 0:
				want = empty
			case spare && model[0].kept:
				want = spared
			default:
				wantLevel, model = model[0].level, model[1:]
			}
			got = r.take(&it, spare)
			if int(it.record.Level) != wantLevel {
				t.Fatalf("op %d: took %d, want %d", i, it.record.Level, wantLevel)
			}
		case 7:
			if op == 255 {
				r.close()
				shut = true
			}
		}
		if got != want {
			t.Fatalf("op %d (%d): outcome %d, want %d", i, op%8, got, want)
		}
		if r.len() != len(model) || r.readable() != (len(model) > 0) || r.isClosed() != shut || r.end() != total ||
			r.isFull() != (len(model) == capacity && !shut) {
			t.Fatalf("op %d: len %d end %d, want %d and %d", i, r.len(), r.end(), len(model), total)
		}
	}
}

func TestRingAgreesWithASlice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for capacity := 1; capacity <= 9; capacity++ {
		for range 50 {
			ops := make([]byte, 300)
			bias := byte(rng.IntN(256))
			for i := range ops {
				ops[i] = byte(rng.IntN(255))
				if rng.IntN(3) == 0 {
					ops[i] = bias
				}
			}
			checkRing(t, capacity, ops)
		}
	}
}

func FuzzRingAgreesWithASlice(f *testing.F) {
	f.Add(1, []byte{0, 0, 4, 0, 6, 3, 6, 255, 0, 4})
	f.Add(3, []byte{0, 1, 2, 3, 4, 4, 0, 0, 0, 6, 6, 6})
	f.Fuzz(func(t *testing.T, capacity int, ops []byte) {
		checkRing(t, 1+int(uint(capacity)%64), ops)
	})
}

func TestRingClearsItsSlots(t *testing.T) {
	var r ring
	r.init(2)
	var it item
	put(&r, 1, 0)
	r.slots[0].record.AddAttrs(slog.String("k", "v"))
	r.take(&it, false)
	if r.slots[0].record.NumAttrs() != 0 || r.slots[0].next != nil || r.slots[0].ctx != nil {
		t.Error("the slot keeps what was taken")
	}
	if it.record.NumAttrs() != 1 {
		t.Error("what was taken is not what was put")
	}
}

func TestRingUnderContentionLosesAndDoublesNothing(t *testing.T) {
	for _, capacity := range []int{1, 2, 3, 64} {
		const producers, consumers, each = 8, 3, 2000
		var r ring
		r.init(capacity)
		seen := make([]atomic.Uint32, producers*each)
		var taken atomic.Int64
		var wg, consume sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for i := range each {
					for put(&r, p*each+i, 0) != done {
						runtime.Gosched()
					}
				}
			})
		}
		for range consumers {
			consume.Go(func() {
				var last [producers]int
				for taken.Load() < producers*each {
					var it item
					if r.take(&it, false) != done {
						runtime.Gosched()
						continue
					}
					n := int(it.record.Level)
					seen[n].Add(1)
					taken.Add(1)
					if p, i := n/each, n%each; i < last[p] {
						t.Errorf("producer %d: %d after %d", p, i, last[p])
					} else {
						last[p] = i
					}
				}
			})
		}
		wg.Wait()
		consume.Wait()
		for i := range seen {
			if seen[i].Load() != 1 {
				t.Fatalf("capacity %d: %d was taken %d times", capacity, i, seen[i].Load())
			}
		}
	}
}

func TestOptionsOutOfRangeAreNamedAndClamped(t *testing.T) {
	var none *Options
	want := Options{Capacity: 10_000, Workers: 4, Timeout: time.Second, DropReportInterval: 10 * time.Second}
	ignore := cmp.FilterPath(func(p cmp.Path) bool { n := p.Last().String(); return n == ".OnError" || n == ".OnBuild" }, cmp.Ignore())
	if d := cmp.Diff(want, none.clamped(), ignore); d != "" || none.Validate() != nil || (&Options{}).Validate() != nil {
		t.Error(d)
	}
	bad := Options{Capacity: -1, Workers: 1000, Policy: 7, Timeout: -1, DropReportInterval: 1}
	kept := bad
	if d := cmp.Diff(Options{Capacity: 1, Workers: 1, Policy: Block, Timeout: time.Millisecond, DropReportInterval: time.Millisecond}, bad.clamped(), ignore); d != "" {
		t.Error(d)
	}
	wantText := `async: Capacity is -1: want 1 to 16777216, or 0 for 10000
async: Workers is 1000: want 1 to 256, or 0 for 4
async: Policy is 7: want DropNewest, DropOldest or Block
async: Timeout is -1ns: want 1ms to 1h, or 0 for 1s
async: DropReportInterval is 1ns: want 1ms to 24h, 0 for 10s, or negative for no reports`
	if d := cmp.Diff(wantText, bad.Validate().Error()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(kept, bad, ignore); d != "" {
		t.Error("options were written to")
	}
	if _, err := NewHandler(slog.DiscardHandler, &bad); err == nil {
		t.Error("NewHandler takes what Validate refuses")
	}
	if _, err := NewHandler(nil, nil); err == nil {
		t.Error("NewHandler takes a nil handler")
	}
	if err := (&Options{Capacity: 2, Workers: 8, DropReportInterval: -1}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestPolicyIsText(t *testing.T) {
	for _, p := range []Policy{DropNewest, DropOldest, Block} {
		text, err := p.MarshalText()
		var back Policy = -1
		if err != nil || back.UnmarshalText(text) != nil || back != p || string(text) != p.String() {
			t.Errorf("%v: %q %v %v", p, text, err, back)
		}
	}
	p := Block
	if err := p.UnmarshalText(nil); err != nil || p != DropNewest {
		t.Errorf("empty: %v %v", p, err)
	}
	if err := p.UnmarshalText([]byte("drop")); err == nil || err.Error() != `async: policy "drop": want drop_newest, drop_oldest or block` {
		t.Error(err)
	}
	if _, err := Policy(9).MarshalText(); err == nil || Policy(9).String() != "Policy(9)" {
		t.Error("a policy that is none has a name")
	}
}
