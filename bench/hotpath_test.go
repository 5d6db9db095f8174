package bench

import "testing"

func BenchmarkHotPath(b *testing.B) {
	for _, c := range HotPath() {
		b.Run(c.Name, c.Run)
	}
}

func BenchmarkEncoders(b *testing.B) {
	for _, c := range Shapes() {
		b.Run(c.Name, c.Run)
	}
}
