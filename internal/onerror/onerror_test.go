package onerror

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestErrorsThatDifferInNumbersAreOneKind(t *testing.T) {
	var out bytes.Buffer
	s := Sink{Component: "jsonl", w: &out}
	for n := range 100 {
		s.Report(fmt.Errorf("0 of %d bytes written: no space left on device", n))
	}
	s.Report(fmt.Errorf("the file is closed"))
	if got := strings.Count(out.String(), "\n"); got != 2 || s.Count() != 101 {
		t.Errorf("%d lines of %d errors:\n%s", got, s.Count(), out.String())
	}
}
