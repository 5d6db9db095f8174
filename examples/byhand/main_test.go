package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheChainMasksEnrichesSamplesAndFansOut(t *testing.T) {
	var out, errOut bytes.Buffer
	if err := run(t.Context(), &out, &errOut); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"msg":"mail sent"`, `"request_id":"req-1"`, `"password":"[REDACTED]"`, `mailbox of [EMAIL_REDACTED] is full`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "never kept") || strings.Contains(errOut.String(), "mail sent") || !strings.Contains(errOut.String(), "mail bounced") {
		t.Errorf("out: %s\nerr: %s", out.String(), errOut.String())
	}
}
