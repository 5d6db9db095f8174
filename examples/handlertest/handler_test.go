package handlertest_test

import (
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/slogrec"
)

func TestOurMaskKeepsWhatSupportNeeds(t *testing.T) {
	for _, tc := range []struct {
		name string
		log  func(*slog.Logger)
		want []slogrec.Matcher
	}{
		{"a card keeps its last four digits", func(l *slog.Logger) { l.Info("paid", "note", "card 4111111111111111") },
			[]slogrec.Matcher{slogrec.Message("paid"), slogrec.Attr("note", "card ************1111")}},
		{"an address in the message does not stay", func(l *slog.Logger) { l.Warn("bounce of ada@example.com") },
			[]slogrec.Matcher{slogrec.Level(slog.LevelWarn), slogrec.Message("bounce of [EMAIL_REDACTED]")}},
		{"a group of a secret name is masked whole", func(l *slog.Logger) { l.WithGroup("credentials").Info("login", "pin", 1234) },
			[]slogrec.Matcher{slogrec.Attr("credentials.pin", "[REDACTED]")}},
		{"an order number stays", func(l *slog.Logger) { l.Info("order", "number", "2026-0042") },
			[]slogrec.Matcher{slogrec.Attr("number", "2026-0042")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sink := slogrec.New()
			tc.log(slog.New(mask.NewHandler(sink, &mask.Options{Kinds: map[string]mask.Action{"CREDIT_CARD": mask.KeepLastFour}})))
			sink.Require(t, tc.want...)
		})
	}
}
