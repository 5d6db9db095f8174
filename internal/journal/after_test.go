package journal

import (
	"testing"
)

func TestSequencesGoOnBehindWhatIsKnownElsewhere(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct{ after, want uint64 }{{0, 1}, {0, 2}, {10, 11}, {5, 12}, {12, 13}} {
		j, rec, err := Open(dir, &Options{After: tc.after})
		if err != nil {
			t.Fatal(err)
		}
		if rec.Lost != 0 {
			t.Errorf("after %d: %d lost", tc.after, rec.Lost)
		}
		if tc.after == 10 {
			if err := j.Ack(10); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := j.Append(t.Context(), []byte("x")); err != nil || got != tc.want {
			t.Errorf("after %d: sequence %d, %v, want %d", tc.after, got, err, tc.want)
		}
		if err := j.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
