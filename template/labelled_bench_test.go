//go:build unix

package template_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/sluicelog/sluice/template"
)

// BenchmarkLabelledLogs is the messages of each labelled system by a miner that has seen them. Lines per CPU second say what one
// core does, also on a machine with other work.
func BenchmarkLabelledLogs(b *testing.B) {
	dir := os.Getenv("SLUICE_SHARED")
	if dir == "" {
		b.Skip("SLUICE_SHARED is not set: the labelled data is not here, nothing measured")
	}
	for name, s := range labelled(b, filepath.Join(dir, "data", "logs", "loghub-2k.tar.zst")) {
		b.Run(name, func(b *testing.B) {
			m, i := template.NewMiner(nil), 0
			for _, msg := range s.messages {
				m.Match(msg)
			}
			began := cpuSeconds()
			for b.Loop() {
				m.Match(s.messages[i%len(s.messages)])
				i++
			}
			b.ReportMetric(float64(b.N)/(cpuSeconds()-began), "lines/cpu-s")
		})
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
