package provider_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/provider"
)

func TestAUserOfTheContextIsToldWithoutPersonalFields(t *testing.T) {
	lookUp := provider.Func(func(_ context.Context, key string) ([]slog.Attr, error) {
		return []slog.Attr{slog.String("plan", "pro"), slog.String("email", "somebody@example.net"), slog.String("tenant", key+"-t")}, nil
	})
	for fields, want := range map[string]string{"": `"user":{"plan":"pro","tenant":"u-1-t"}`, "plan": `"user":{"plan":"pro"}`, "none": `"user_id":"u-1"`} {
		var list []string
		if fields != "" {
			list = []string{fields}
		}
		users, err := provider.Users(lookUp, list, &provider.Options{Budget: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		l := slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{users}}))
		l.InfoContext(correlate.With(t.Context(), correlate.IDs{User: "u-1"}), "m")
		if s := b.String(); !strings.Contains(s, want) || strings.Contains(s, "somebody") || fields == "none" && strings.Contains(s, `"user":`) {
			t.Errorf("%q: %s", fields, s)
		}
		if err := users.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := provider.Users(nil, nil, nil); err == nil {
		t.Error("a nil provider is taken")
	}
}
