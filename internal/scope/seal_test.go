package scope

import (
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func text(attrs []slog.Attr) []string {
	var out []string
	for _, a := range attrs {
		out = append(out, a.String())
	}
	return out
}

func TestSealPutsIdentifiersBeforeFurtherAttributes(t *testing.T) {
	trace := [16]byte{0xab, 15: 1}
	tests := []struct {
		name    string
		scope   Scope
		want    []string
		wantKey uint64
	}{
		{
			"everything",
			Scope{
				Request: "r", Session: "s", User: "u", Transaction: "t", Trace: trace, Span: [8]byte{7: 2}, Parent: [8]byte{7: 3}, Flags: 1,
				Name: "denoise", Extra: []slog.Attr{slog.Int("n", 1)},
			},
			[]string{
				"request_id=r", "trace_id=ab000000000000000000000000000001", "span_id=0000000000000002", "parent_span_id=0000000000000003",
				"trace_flags=01", "span_name=denoise", "transaction_id=t", "session_id=s", "user_id=u", "n=1",
			},
			TraceKey(trace),
		},
		{
			"transaction from the trace", Scope{Request: "r", Trace: trace},
			[]string{"request_id=r", "trace_id=ab000000000000000000000000000001", "trace_flags=00", "transaction_id=ab000000000000000000000000000001"},
			Key("ab000000000000000000000000000001"),
		},
		{
			// printf 's\0r' | sha256sum
			"transaction from session and request", Scope{Request: "r", Session: "s"},
			[]string{"request_id=r", "transaction_id=f4bff73d4edd1a1284bd894841299392", "session_id=s"},
			Key("r"),
		},
		{"outside any request", Scope{User: "u"}, []string{"run_id=" + RunID(), "user_id=u"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.scope
			s.Seal()
			if diff := cmp.Diff(tt.want, text(s.Attrs())); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if s.Key != tt.wantKey {
				t.Errorf("key %d, want %d", s.Key, tt.wantKey)
			}
			for _, a := range s.Attrs()[:len(s.Attrs())-len(s.Extra)] {
				if !Reserved(a.Key) {
					t.Errorf("identifier %s is not reserved", a.Key)
				}
			}
		})
	}
}

func TestProcessIsOneScopeWithTheRun(t *testing.T) {
	p := Process()
	if diff := cmp.Diff([]string{"run_id=" + RunID()}, text(p.Attrs())); diff != "" {
		t.Error(diff)
	}
	if p != Process() || p.Key != 0 || p.Life != nil {
		t.Errorf("process scope %+v, want one without key and end", p)
	}
}
