package opensearch

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/fields"
	"github.com/sluicelog/sluice/internal/jsonenc"
)

// encode returns a record with the attributes as a document of the format.
func encode(t *testing.T, f Format, attrs ...slog.Attr) map[string]any {
	t.Helper()
	b := jsonenc.NewBuffer()
	defer b.Free()
	r := slog.NewRecord(time.Date(2026, 3, 1, 12, 0, 0, 1, time.UTC), slog.LevelError, "m", 0)
	r.AddAttrs(attrs...)
	jsonenc.New(f.encoderConfig()).Append(b, &r, &chain.Root{}, nil)
	var doc map[string]any
	if err := json.Unmarshal(b.B, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at returns what is at a path, whose parts may be objects or dots in keys.
func at(v any, path string) (any, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	for i := len(path); i > 0; i = strings.LastIndexByte(path[:i], '.') {
		if member, ok := m[path[:i]]; ok {
			if i == len(path) {
				return member, true
			}
			if got, ok := at(member, path[i+1:]); ok {
				return got, true
			}
		}
	}
	return nil, false
}

func TestEveryStandardKeyIsWhereTheTableHasIt(t *testing.T) {
	for _, f := range fields.Table {
		switch f.Key {
		case "time", "level", "msg":
			continue
		}
		value := slog.StringValue("07")
		group, member, nested := strings.Cut(f.Key, ".")
		asKey := slog.Attr{Key: f.Key, Value: value}
		asMember := asKey
		if nested {
			asMember = slog.Attr{Key: group, Value: slog.GroupValue(slog.Attr{Key: member, Value: value})}
		}
		for _, a := range []slog.Attr{asKey, asMember} {
			doc := encode(t, "", a)
			got, ok := at(doc, f.Document)
			if want := any("07"); !ok || got != want && (f.Key != "trace_flags" || got != 7.) {
				t.Errorf("%v: %s is %v in %v", a, f.Document, got, doc)
			}
		}
	}
	doc := encode(t, OTel)
	for path, want := range map[string]any{"@timestamp": "2026-03-01T12:00:00.000000001Z", "severity.text": "ERROR", "severity.number": 17., "body": "m"} {
		if got, _ := at(doc, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestOtherFormatsHaveTheirOwnNames(t *testing.T) {
	attrs := []slog.Attr{
		slog.String("service", "api"), slog.String("trace_id", "t"), slog.String("stage", "denoise"),
		slog.Group("error", slog.String("message", "boom"), slog.String("type", "T")),
	}
	for f, want := range map[Format]map[string]any{
		SS4O: {"resource.service.name": "api", "traceId": "t", "attributes.stage": "denoise", "attributes.exception.message": "boom", "severity.text": "ERROR"},
		ECS: {"service.name": "api", "trace.id": "t", "stage": "denoise", "error.message": "boom", "error.type": "T", "log.level": "ERROR",
			"message": "m", "ecs.version": "8.11.0"},
		Flat: {"service": "api", "trace_id": "t", "stage": "denoise", "error.message": "boom", "level": "ERROR", "msg": "m"},
	} {
		doc := encode(t, f, attrs...)
		want["@timestamp"] = "2026-03-01T12:00:00.000000001Z"
		for path, value := range want {
			if got, _ := at(doc, path); got != value {
				t.Errorf("%s: %s is %v, want %v, in %v", f, path, got, value, doc)
			}
		}
	}
}
