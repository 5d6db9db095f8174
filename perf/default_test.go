package perf_test

import (
	"testing"

	"github.com/sluicelog/sluice/perf"
)

func TestTheDefaultRecorderIsARecorderLikeAnyOther(t *testing.T) {
	mine, err := perf.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	first := perf.SetDefault(mine)
	defer perf.SetDefault(first)
	if st := first.Stats(); st.Operations != 0 {
		t.Errorf("%d operations", st.Operations)
	}
	if err := first.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := first.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := mine.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
