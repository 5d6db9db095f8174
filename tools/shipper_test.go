package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"go.yaml.in/yaml/v3"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/handler/opensearch"
)

// Fluent Bit's script makes of a line of jsonl what the sink makes of the record.
func TestFluentBitWritesTheDocumentsOfTheSink(t *testing.T) {
	var mu sync.Mutex
	var docs []map[string]any
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		items := 0
		for i, line := range bytes.Split(bytes.TrimSpace(body), []byte("\n")) {
			if i%2 == 0 {
				items++
				continue
			}
			docs = append(docs, decoded(t, line))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"took":1,"errors":false,"items":[`+strings.TrimSuffix(strings.Repeat(`{"create":{"status":201}},`, items), ",")+`]}`)
	}))
	defer srv.Close()
	sink, err := opensearch.NewHandler(&opensearch.Options{Connection: opensearch.Connection{URLs: []string{srv.URL}}, AddSource: true})
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	both := slog.NewMultiHandler(sink, jsonl.NewHandler(&lines, &jsonl.Options{AddSource: true}))
	log := slog.New(enrich.NewHandler(both, &enrich.Options{Service: "checkout"}))
	log.Warn("stage completed", "stage", "denoise", "duration_ms", 850.5, slog.Group("job", "id", "j1"))
	log.Error("stage failed", "error", errors.New("disk full"))
	slog.New(both).Info("plain", "error", "no group", "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736", "span_id", "00f067aa0ba902b7", "trace_flags", "0b")
	if err := errors.Join(sink.Flush(t.Context()), sink.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	L := script(t)
	defer L.Close()
	n := 0
	for line := range bytes.Lines(lines.Bytes()) {
		err := L.CallByParam(lua.P{Fn: L.GetGlobal("document"), NRet: 3, Protect: true}, lua.LString("sluice"), lua.LNumber(0), toLua(L, decoded(t, line)))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(flat("", fromLua(L.Get(-1))))
		L.Pop(3)
		want, _ := json.Marshal(flat("", docs[n]))
		if !bytes.Equal(got, want) {
			t.Errorf("Fluent Bit\n%s\nthe sink\n%s", got, want)
		}
		n++
	}
	if n != 3 || len(docs) != 3 {
		t.Errorf("%d lines, %d documents", n, len(docs))
	}
}

// script loads the script of the file under deploy.
func script(t *testing.T) *lua.LState {
	t.Helper()
	text, err := os.ReadFile("../deploy/shippers/fluent-bit.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Pipeline struct{ Filters []struct{ Code string } }
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	L := lua.NewState()
	if err := L.DoString(file.Pipeline.Filters[0].Code); err != nil {
		t.Fatal(err)
	}
	return L
}

func decoded(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(line, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func toLua(l *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	case []any:
		t := l.NewTable()
		for _, e := range v {
			t.Append(toLua(l, e))
		}
		return t
	case map[string]any:
		t := l.NewTable()
		for k, e := range v {
			t.RawSetString(k, toLua(l, e))
		}
		return t
	}
	return lua.LNil
}

func fromLua(v lua.LValue) any {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return float64(v)
	case lua.LBool:
		return bool(v)
	case *lua.LTable:
		if n := v.Len(); n > 0 {
			var list []any
			for i := 1; i <= n; i++ {
				list = append(list, fromLua(v.RawGetInt(i)))
			}
			return list
		}
		m := map[string]any{}
		v.ForEach(func(k, e lua.LValue) { m[k.String()] = fromLua(e) })
		return m
	}
	return nil
}

// flat is a document with dotted names, which OpenSearch takes for the same.
func flat(prefix string, v any) map[string]any {
	out := map[string]any{}
	m, ok := v.(map[string]any)
	if !ok {
		out[strings.TrimSuffix(prefix, ".")] = v
		return out
	}
	for k, e := range m {
		for name, leaf := range flat(prefix+k+".", e) {
			out[name] = leaf
		}
	}
	return out
}
