// Package searchtest proves that a [search.Searcher] does what the language says: one table of queries, orders and aggregations, run on the
// same records, gives the same hits and the same values everywhere.
package searchtest

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Begin and End are the time range of [Records], End is not in it.
var (
	Begin = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	End   = Begin.Add(3 * time.Hour)
)

// Records returns n JSON lines in the order of their arrival, the same ones each time. Each has its number as attribute n; no
// attribute has values of two types that an index could not hold under one mapping.
func Records(n int) [][]byte {
	g := &generator{r: rand.New(rand.NewPCG(7, 11)), step: End.Sub(Begin) / time.Duration(n+1)}
	out := make([][]byte, n)
	for i := range out {
		out[i] = g.line(i)
	}
	return out
}

type generator struct {
	r    *rand.Rand
	step time.Duration
	buf  strings.Builder
	last time.Time
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// add writes a member of the line.
func (g *generator) add(key string, value any) {
	if g.buf.Len() > 1 {
		g.buf.WriteByte(',')
	}
	k, _ := json.Marshal(key)
	v, _ := json.Marshal(value)
	g.buf.Write(k)
	g.buf.WriteByte(':')
	g.buf.Write(v)
}

// member is one of an object whose members are to stay in their order.
type member struct {
	key   string
	value any
}

type members []member

// MarshalJSON writes the members in their order.
func (m members) MarshalJSON() ([]byte, error) {
	g := &generator{}
	g.buf.WriteByte('{')
	for _, x := range m {
		g.add(x.key, x.value)
	}
	g.buf.WriteByte('}')
	return []byte(g.buf.String()), nil
}

// fraction returns a log-normal number that is never whole, so that an index maps it as one with a fraction.
func (g *generator) fraction(median, sigma float64) float64 {
	return math.Round(median*math.Exp(sigma*g.r.NormFloat64())*1000)/1000 + 0.0005
}

func (g *generator) line(i int) []byte {
	r := g.r
	g.buf.Reset()
	g.buf.WriteByte('{')
	// Mostly in order, at times late, at times twice the same instant.
	at := Begin.Add(time.Duration(i)*g.step + time.Duration(r.Int64N(int64(g.step)+1)))
	switch {
	case r.IntN(50) == 0 && !g.last.IsZero():
		at = g.last
	case r.IntN(40) == 0:
		at = at.Add(-min(at.Sub(Begin), 3*time.Second))
	}
	g.last = at
	g.add("time", at.Format(time.RFC3339Nano))
	level := "INFO"
	switch p := r.IntN(1000); {
	case p < 300:
		level = "DEBUG"
	case p > 995:
		level = "CRITICAL"
	case p > 960:
		level = "ERROR"
	case p > 900:
		level = "WARN"
	case p > 890:
		level = "INFO+2"
	}
	g.add("level", level)
	stage := pick(r, "validate", "decode", "denoise", "denoise", "separate", "enhance", "store")
	audio := fmt.Sprintf("aud_%08x", r.Uint32())
	failed := level == "ERROR" || level == "CRITICAL"
	g.add("msg", g.message(stage, audio, failed))
	g.add("n", i)
	g.add("service", pick(r, "api-gateway", "denoise-worker", "Store", "ingest"))
	g.add("host", fmt.Sprintf("web-%02d.example.net", r.IntN(20)))
	g.add("environment", "production")
	g.add("request_id", fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48)))
	g.add("trace_id", fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()))
	g.add("user_id", fmt.Sprintf("u_%06d", int(math.Abs(r.NormFloat64())*300)*791%100000))
	if r.IntN(3) > 0 {
		g.add("stage", stage)
		g.add("duration_ms", g.fraction(400, 1.2))
	}
	if r.IntN(4) == 0 {
		g.add("http", members{{"method", pick(r, "GET", "POST", "put")}, {"path", "/v2/audio/" + audio + pick(r, "/enhance", "", "/")},
			{"status", pick(r, 200, 200, 201, 404, 500, 502)}, {"latency_ms", g.fraction(30, .8)}, {"remote_ip", fmt.Sprintf("10.%d.%d.%d", r.IntN(4), r.IntN(256), r.IntN(256))}})
	}
	if failed {
		kind := pick(r, "*fs.PathError", "*cuda.OOMError", "*url.Error")
		g.add("error", members{{"type", kind}, {"message", pick(r,
			fmt.Sprintf("write /var/spool/out/part-%d: no space left on device", r.IntN(500)),
			fmt.Sprintf("CUDA out of memory: tried to allocate %d MiB", r.IntN(4096)),
			"Post https://hooks.example.net/cb/7: connection reset by peer")}})
	}
	g.rare(i)
	g.buf.WriteByte('}')
	return []byte(g.buf.String())
}

func (g *generator) message(stage, audio string, failed bool) string {
	r := g.r
	if failed {
		return pick(g.r, "stage "+stage+" failed", "disk full", "Disk FULL on /dev/sda"+fmt.Sprint(r.IntN(4)), "request failed: upstream timed out")
	}
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("upload of %d bytes completed in %d parts", r.IntN(1e7), 1+r.IntN(9))
	case 1:
		return fmt.Sprintf("dequeued job for %s after %.1f ms, queue depth %d", audio, g.fraction(20, 1), r.IntN(40))
	case 2:
		return "Größe geprüft: naïve Übergabe " + pick(r, "東京", "Жук", "ok")
	case 3:
		return `quote "inside" and tab	here, user@example.com`
	case 4:
		return fmt.Sprintf("connected to 10.4.2.%d:50051", r.IntN(256))
	case 5:
		return "model " + pick(r, "dfn3-48k", "htdemucs-ft", "resemble_v2") + " loaded from cache"
	case 6:
		return "full disk check passed"
	case 7:
		return "retrying_stage don't panic e.g. now"
	}
	return pick(r, "stage started", "stage completed", "heartbeat", "request received")
}

// rare adds what some records have.
func (g *generator) rare(i int) {
	r := g.r
	if r.IntN(5) == 0 {
		g.add("tags", pick(r, []string{"a"}, []string{"a", "b"}, []string{"b", "c", "b"}, []string{}, []string{"prod eu", "x:y"}))
	}
	if r.IntN(6) == 0 {
		g.add("scores", pick(r, []int{1, 5}, []int{-3}, []int{10, 20, 30}, []int{}))
	}
	if r.IntN(6) == 0 {
		g.add("items", []any{map[string]any{"sku": pick(r, "s-1", "s-2"), "qty": r.IntN(4)}, map[string]any{"sku": "s-9"}})
	}
	if r.IntN(4) == 0 {
		g.add("ok", r.IntN(3) > 0)
	}
	if r.IntN(4) == 0 {
		g.add("delta", r.IntN(2001)-1000)
	}
	if r.IntN(10) == 0 {
		g.add("big", int64(9007199254740992)+int64(r.IntN(4)))
	}
	if r.IntN(8) == 0 {
		g.add("size_bytes", r.IntN(50_000_000))
		g.add("heap_mb", r.IntN(4000))
	}
	if r.IntN(8) == 0 {
		g.add("version", pick(r, "1.2.0", "1.10.0", "1.9.3", "2.0.0-rc1"))
	}
	if r.IntN(12) == 0 {
		g.add("note", pick(r, "", "and", "5", "true", "a*b", "back\\slash", "x y", "größe", "/etc/", "10:30"))
	}
	if r.IntN(12) == 0 {
		g.add("nothing", nil)
	}
	if r.IntN(15) == 0 {
		g.add("x-id", members{{"größe", pick(r, "S", "M")}, {"code", pick(r, "7f", "0x7F", "9")}})
	}
	if r.IntN(7) == 0 {
		g.add("sample_rate", pick(r, .5, .25, .125))
	}
	if r.IntN(20) == 0 {
		g.add("count", 6+r.IntN(20))
		first := Begin.Add(time.Duration(i) * g.step)
		g.add("first_occurrence", first.Format(time.RFC3339Nano))
		g.add("last_occurrence", first.Add(time.Second).Format(time.RFC3339Nano))
		g.add("template", "stage <*> failed")
	}
	if r.IntN(9) == 0 {
		g.add("operation", pick(r, "audio_enhancement", "upload"))
		g.add("outcome", pick(r, "ok", "error"))
	}
}
