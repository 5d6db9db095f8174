package bench

import "testing"

func BenchmarkHotPath(b *testing.B) {
	for _, c := range Cases() {
		b.Run(c.Name, c.Run)
	}
}
