package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/childtest"
)

func TestRecordsComeOutAsTheyWentIn(t *testing.T) {
	sizes := func(n uint64) int { return []int{12, 13, 300, 5000, 70_000, 64<<10 - 40, 200_000, 64<<10 - 41}[n%8] }
	for _, sync := range []SyncPolicy{SyncInterval, SyncAlways, SyncNone} {
		t.Run(string(sync), func(t *testing.T) {
			dir := t.TempDir()
			o := Options{SegmentBytes: 300_000, Sync: sync}
			j, _ := mustOpen(t, dir, o)
			put(t, j, 1, 100, sizes)
			if got := drainBoth(t, j); len(got) != 100 {
				t.Errorf("%d records of 100: %s", len(got), brief(got))
			}
			mustClose(t, j)
			j, r := mustOpen(t, dir, o)
			if r.Records != 100 || r.First != 1 || r.Last != 100 || r.Lost != 0 || len(r.Damage) != 0 {
				t.Errorf("%+v", r)
			}
			put(t, j, 101, 120, sizes)
			if got := drainBoth(t, j); len(got) != 120 {
				t.Errorf("%d records of 120: %s", len(got), brief(got))
			}
			if s := j.Stats(); s.Appended != 20 || s.First != 1 || s.Last != 120 || sync == SyncAlways && s.Synced != 120 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestReadersBeginWhereTheyAreTold(t *testing.T) {
	dir := t.TempDir()
	j, _ := mustOpen(t, dir, Options{SegmentBytes: 400_000})
	put(t, j, 1, 3000, fixed(512))
	if n := len(segmentFiles(t, dir)); n < 4 {
		t.Fatalf("%d segments", n)
	}
	for from := uint64(1); from <= 3000; from += 37 {
		r := j.Reader(from)
		seq, p, err := r.TryNext()
		n, nerr := number(p)
		if err != nil || nerr != nil || seq != from || n != from {
			t.Fatalf("from %d: %d, %v, %v", from, seq, err, nerr)
		}
		r.Close()
		o, err := OpenReader(dir, from, nil)
		if err != nil {
			t.Fatal(err)
		}
		if seq, _, err = o.TryNext(); seq != from || err != nil {
			t.Fatalf("another process from %d: %d, %v", from, seq, err)
		}
		o.Close()
	}
}

func TestReadersFollow(t *testing.T) {
	dir := t.TempDir()
	j, _ := mustOpen(t, dir, Options{SegmentBytes: 50_000})
	other, err := OpenReader(dir, 1, &Options{Poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	own := j.Reader(1)
	defer own.Close()
	var wg sync.WaitGroup
	for who, r := range map[string]*Reader{"own": own, "other": other} {
		wg.Go(func() {
			for want := uint64(1); want <= 2000; want++ {
				seq, p, err := r.Next(t.Context())
				if err != nil {
					t.Errorf("%s: %v", who, err)
					return
				}
				if n, err := number(p); seq != want || n != want || err != nil {
					t.Errorf("%s: %d, %d, want %d: %v", who, seq, n, want, err)
					return
				}
			}
		})
	}
	for n := uint64(1); n <= 2000; n++ {
		put(t, j, n, n, fixed(200+int(n)%100))
		if n%500 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := own.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	mustClose(t, j)
	if _, _, err := own.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("closed: %v", err)
	}
}

func TestAckRemovesSegmentsAndIsKept(t *testing.T) {
	dir := t.TempDir()
	o := Options{SegmentBytes: 10_000}
	j, _ := mustOpen(t, dir, o)
	put(t, j, 1, 100, fixed(500))
	before := len(segmentFiles(t, dir))
	behind, err := OpenReader(dir, 1, nil) // it reads on in a file that goes
	if err != nil {
		t.Fatal(err)
	}
	defer behind.Close()
	if seq, _, err := behind.TryNext(); seq != 1 || err != nil {
		t.Fatal(seq, err)
	}
	if err := j.Ack(101); err == nil || !strings.Contains(err.Error(), "the last record is 100") {
		t.Errorf("Ack beyond the end: %v", err)
	}
	if err := j.Ack(57); err != nil {
		t.Fatal(err)
	}
	if err := j.Ack(20); err != nil {
		t.Fatal(err)
	}
	after := len(segmentFiles(t, dir))
	if after >= before || after < 2 {
		t.Errorf("%d segments before, %d after", before, after)
	}
	r := j.Reader(0)
	if got := drain(t, r); got[0] != 58 || len(got) != 43 {
		t.Errorf("behind the acknowledged position: %s", brief(got))
	}
	r.Close()
	got := drain(t, behind)
	if behind.Lost() != 0 || uint64(len(got))+1+behind.Removed() != 100 || got[len(got)-1] != 100 {
		t.Errorf("a reader in a removed segment: %s, lost %d, removed %d", brief(got), behind.Lost(), behind.Removed())
	}
	mustClose(t, j)
	j, rec := mustOpen(t, dir, o)
	if rec.Acked != 57 || rec.Last != 100 || rec.Lost != 0 {
		t.Errorf("%+v", rec)
	}
	if err := j.Ack(100); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	j, rec = mustOpen(t, dir, o)
	if rec.Acked != 100 || rec.Last != 100 || rec.Segments != 1 {
		t.Errorf("%+v", rec)
	}
	put(t, j, 101, 101, fixed(500))
	r = j.Reader(0)
	defer r.Close()
	if got := drain(t, r); !slices.Equal(got, []uint64{101}) {
		t.Errorf("%v", got)
	}
}

func TestADamagedAckFileGivesRecordsAgainAndLosesNone(t *testing.T) {
	dir := t.TempDir()
	o := Options{SegmentBytes: 10_000}
	j, _ := mustOpen(t, dir, o)
	put(t, j, 1, 100, fixed(500))
	if err := j.Ack(57); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	whole, err := os.ReadFile(filepath.Join(dir, ackName))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "x", strings.Repeat("\x00", 16), "SLA1" + strings.Repeat("a", 12), string(whole[:15])} {
		d := copyDir(t, dir)
		if err := os.WriteFile(filepath.Join(d, ackName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		j, r := mustOpen(t, d, o)
		if !r.AckDamaged || r.Lost != 0 || r.Acked > 57 || r.Last != 100 {
			t.Errorf("%q: %+v", text, r)
		}
		mustClose(t, j)
	}
	if err := os.Remove(filepath.Join(dir, ackName)); err != nil {
		t.Fatal(err)
	}
	if _, r := mustOpen(t, dir, o); !r.AckDamaged || r.Lost != 0 {
		t.Errorf("removed: %+v", r)
	}
}

func TestRotateBeginsASegment(t *testing.T) {
	dir := t.TempDir()
	j, _ := mustOpen(t, dir, Options{})
	for n := uint64(1); n <= 3; n++ {
		put(t, j, n, n, fixed(100))
		for range 2 { // a second one changes nothing
			if err := j.Rotate(); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(t, j, 4, 4, fixed(100))
	if n := len(segmentFiles(t, dir)); n != 4 {
		t.Errorf("%d segments", n)
	}
	if err := j.Ack(3); err != nil {
		t.Fatal(err)
	}
	if n := len(segmentFiles(t, dir)); n != 1 {
		t.Errorf("%d segments behind Ack", n)
	}
}

func TestKeepNeverRemoves(t *testing.T) {
	j, _ := mustOpen(t, t.TempDir(), Options{Keep: true, SegmentBytes: 1000})
	put(t, j, 1, 20, fixed(500))
	if err := j.Ack(10); err == nil {
		t.Error("Ack with Keep")
	}
	if got := drainBoth(t, j); len(got) != 20 {
		t.Error(brief(got))
	}
}

func TestFullJournalRefusesUntilAcknowledged(t *testing.T) {
	j, _ := mustOpen(t, t.TempDir(), Options{SegmentBytes: 1000, MaxBytes: 3000})
	n := uint64(0)
	var err error
	for range 100 {
		if _, err = j.Append(t.Context(), record(n+1, 400)); err != nil {
			break
		}
		n++
	}
	if !errors.Is(err, ErrFull) || n != 6 {
		t.Fatalf("%d records, then %v", n, err)
	}
	if s := j.Stats(); s.Refused != 1 || s.Bytes != 3000 {
		t.Errorf("%+v", s)
	}
	if err := j.Ack(2); err != nil {
		t.Fatal(err)
	}
	put(t, j, n+1, n+2, fixed(400))
	if _, err := j.Append(t.Context(), record(1, 400)); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
}

func TestFullJournalDropsTheOldestAndCountsThem(t *testing.T) {
	dir := t.TempDir()
	o := Options{SegmentBytes: 1000, MaxBytes: 3000, Overflow: DropOldest}
	j, _ := mustOpen(t, dir, o)
	reader := j.Reader(1)
	defer reader.Close()
	put(t, j, 1, 6, fixed(400))
	if seq, _, err := reader.TryNext(); seq != 1 || err != nil {
		t.Fatal(seq, err)
	}
	if err := j.Ack(1); err != nil {
		t.Fatal(err)
	}
	put(t, j, 7, 20, fixed(400))
	if _, err := j.Append(t.Context(), record(21, 400), record(22, 400), record(23, 400), record(24, 400)); err != nil {
		t.Fatal(err)
	}
	s := j.Stats()
	if s.Dropped != 17 || s.Segments != 3 || s.Bytes != 3000 || s.Acked != 18 {
		t.Errorf("%+v", s)
	}
	got := drain(t, reader)
	if got[len(got)-1] != 24 || reader.Lost() != 0 || uint64(len(got))+1+reader.Removed() != 24 {
		t.Errorf("%v, lost %d, removed %d", got, reader.Lost(), reader.Removed())
	}
	mustClose(t, j)
	_, r := mustOpen(t, dir, o)
	if r.Lost != 0 || r.Records != 6 {
		t.Errorf("%+v", r)
	}
}

func TestTooLarge(t *testing.T) {
	j, _ := mustOpen(t, t.TempDir(), Options{SegmentBytes: 1000})
	if _, err := j.Append(t.Context(), record(1, 1000)); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	for n := uint64(1); n < 3; n++ {
		put(t, j, n, n, fixed(j.max))
	}
	if got := drainBoth(t, j); len(got) != 2 {
		t.Error(got)
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	dir := t.TempDir()
	j, _ := mustOpen(t, dir, Options{})
	want := fmt.Sprintf("journal: %s: another writer has it (process %d)", dir, os.Getpid())
	if _, _, err := Open(dir, nil); !errors.Is(err, ErrLocked) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if out, err := childtest.Command(t, "open", dir).Output(); err != nil || string(out) != want+"\n" {
		t.Errorf("another process: %q %v", out, err)
	}
	mustClose(t, j)
	if out, err := childtest.Command(t, "open", dir).Output(); err != nil || string(out) != "open\n" {
		t.Errorf("another process: %q %v", out, err)
	}
}

func init() {
	childtest.Register("open", func(dir string) int {
		j, _, err := Open(dir, nil)
		if err != nil {
			fmt.Println(err)
			return 0
		}
		fmt.Println("open")
		_ = j.Close(context.Background())
		return 0
	})
}

func TestAfterCloseNothingIsTaken(t *testing.T) {
	j, _ := mustOpen(t, t.TempDir(), Options{})
	put(t, j, 1, 1, fixed(20))
	mustClose(t, j)
	_, err := j.Append(t.Context(), []byte("x"))
	for what, err := range map[string]error{"Append": err, "Sync": j.Sync(t.Context()), "Ack": j.Ack(1), "Rotate": j.Rotate()} {
		if !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	mustClose(t, j)
}

func TestManyWritersShareWritesAndKeepTheirOrder(t *testing.T) {
	j, _ := mustOpen(t, t.TempDir(), Options{SegmentBytes: 100_000, Sync: SyncAlways})
	const writers, each = 16, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			ctx := t.Context()
			if w%2 == 0 {
				ctx = context.Background()
			}
			last := uint64(0)
			for i := range each {
				seq, err := j.Append(ctx, fmt.Appendf(nil, "%d %d a", w, i), fmt.Appendf(nil, "%d %d b", w, i))
				if err != nil || seq <= last+1 {
					t.Errorf("%d after %d: %v", seq, last, err)
					return
				}
				last = seq
			}
		})
	}
	wg.Wait()
	s := j.Stats()
	if s.Appended != 2*writers*each || s.Synced != s.Last || s.Syncs >= writers*each {
		t.Errorf("%+v", s)
	}
	r := j.Reader(1)
	defer r.Close()
	count := map[int]int{}
	for {
		_, p, err := r.TryNext()
		if err != nil {
			break
		}
		var w, i int
		var ab string
		if _, err := fmt.Sscanf(string(p), "%d %d %s", &w, &i, &ab); err != nil || count[w] != 2*i+strings.Index("ab", ab) {
			t.Fatalf("%q comes as number %d of its writer", p, count[w])
		}
		count[w]++
	}
	for w := range writers {
		if count[w] != 2*each {
			t.Errorf("writer %d: %d", w, count[w])
		}
	}
}

func TestIntervalSyncsWithoutBeingAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, _ := mustOpen(t, t.TempDir(), Options{Interval: time.Second})
		put(t, j, 1, 3, fixed(20))
		if s := j.Stats(); s.Synced != 0 || s.Syncs != 0 {
			t.Errorf("at once: %+v", s)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if s := j.Stats(); s.Synced != 3 || s.Syncs != 1 {
			t.Errorf("after an interval: %+v", s)
		}
		time.Sleep(10 * time.Second)
		if s := j.Stats(); s.Syncs != 1 {
			t.Errorf("idle: %+v", s)
		}
		put(t, j, 4, 4, fixed(20))
		if err := j.Sync(t.Context()); err != nil || j.Stats().Synced != 4 {
			t.Errorf("Sync: %v", err)
		}
		mustClose(t, j)
	})
}

func TestOptionsOutOfRangeAreNamed(t *testing.T) {
	o := Options{SegmentBytes: 5, MaxBytes: 100, Overflow: "spill", Sync: "often", Interval: -1, Poll: -1, Keep: true}
	_, _, err := Open(t.TempDir(), &o)
	want := `journal: SegmentBytes 5: want 0 or at least 128
journal: MaxBytes 100: want 0 or at least two segments
journal: MaxBytes 100: want 0 with Keep
journal: Overflow spill: want refuse or drop-oldest
journal: Sync often: want interval, always or none
journal: Interval -1ns: want 0 or more
journal: Poll -1ns: want 0 or more`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	j, _ := mustOpen(t, t.TempDir(), Options{Sync: SyncNone, SegmentBytes: 64 << 20})
	p := record(1, 512)
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": t.Context()} {
		if n := testing.AllocsPerRun(2000, func() {
			if _, err := j.Append(ctx, p); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
