package sluice

import (
	"log/slog"
	"testing"
)

func TestWhatWasShownAsDeliveredStaysSo(t *testing.T) {
	stack, err := Open(t.Context(), Config{Environment: Test, Level: "debug", Sample: &SampleConfig{Off: true}, Sinks: []SinkConfig{{Type: "null", Name: "n"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stack.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	log := slog.New(stack.Handler())
	for range 5 {
		log.Info("m")
	}
	if err := stack.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := stack.Stats(); st.Delivered != 5 {
		t.Fatalf("delivered %d of 5", st.Delivered)
	}
	// The sink counts a sixth record that no stage in front of it has counted as handed on.
	end := stack.lates.add("n", func() late { return late{pending: 1} })
	defer end()
	if st := stack.Stats(); st.Delivered != 5 || st.Sinks["n"].Delivered != 5 || !st.Balanced() {
		t.Errorf("delivered went back:\n%s", st)
	}
	log.Info("m")
	if err := stack.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := stack.Stats(); st.Delivered != 5 || st.Queued != 1 || !st.Balanced() {
		t.Errorf("want the sixth waiting:\n%s", st)
	}
}
