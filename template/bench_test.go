package template

import (
	"fmt"
	"testing"
)

// BenchmarkMatch is one message, of known templates. shapes are those of a pipeline; long has 160 bytes and 8 variables;
// words is a template whose variable is a word that was never seen.
func BenchmarkMatch(b *testing.B) {
	words := make([]string, 1<<16)
	for i := range words {
		w := []byte("xxxx")
		for j := range w {
			w[j] = byte('a' + i>>(4*j)&15)
		}
		words[i] = fmt.Sprintf("stage %s failed after all", w)
	}
	for _, bb := range []struct {
		name     string
		messages []string
	}{
		{"shapes", []string{
			"request received", "upload of 7345123 bytes completed in 2 parts", "dequeued job for aud_0123456789abcdef after 17.3 ms, queue depth 12",
			"stage started", "processed 25% of 7345 frames", "slow stage: separate took 5312 ms (budget 5000 ms)",
			"SELECT id, state, attempts FROM jobs WHERE audio_id = $1 FOR UPDATE", "stage completed", "heartbeat",
		}},
		{"long", []string{`10.4.2.17 "GET /v2/54fadb412c4e40cdbaed9335e4c35a9e/servers/detail HTTP/1.1" status: 200 len: 1893 time: 0.2477829 upstream 10.4.2.9:8080 in 230ms`}},
		{"words", words},
	} {
		b.Run(bb.name, func(b *testing.B) {
			m, i, bytes := NewMiner(nil), 0, 0
			for _, msg := range bb.messages {
				m.Match(msg)
			}
			b.ReportAllocs()
			for b.Loop() {
				msg := bb.messages[i%len(bb.messages)]
				m.Match(msg)
				i, bytes = i+1, bytes+len(msg)
			}
			b.ReportMetric(float64(bytes)/float64(b.N), "B/line")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
