package audio

import (
	"math"
	"slices"
)

// Loudness is the clip's integrated loudness in LUFS (ITU-R BS.1770-4: K weighting, blocks of 400 ms with 75% overlap, gates at
// -70 LUFS and 10 LU below the mean); -Inf for silence or less than one block.
func Loudness(c *Clip) float64 {
	weighted := kWeight(c)
	block, step := c.Rate*4/10, c.Rate/10
	var power []float64
	for at := 0; at+block <= len(weighted); at += step {
		sum := 0.0
		for _, s := range weighted[at : at+block] {
			sum += s * s
		}
		power = append(power, sum/float64(block))
	}
	gated := above(power, -70)
	return lufs(mean(above(gated, lufs(mean(gated))-10)))
}

func lufs(power float64) float64 { return -0.691 + 10*math.Log10(power) }

func above(power []float64, gate float64) []float64 {
	return slices.DeleteFunc(slices.Clone(power), func(p float64) bool { return lufs(p) <= gate })
}

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(max(len(xs), 1))
}

// kWeight applies the two filters of BS.1770, their coefficients computed for the clip's rate from the analogue prototypes
// (the standard gives them for 48 kHz alone).
func kWeight(c *Clip) []float64 {
	rate := float64(c.Rate)
	k := math.Tan(math.Pi * 1681.974450955533 / rate)
	q, vh := 0.7071752369554196, math.Pow(10, 3.999843853973347/20)
	vb := math.Pow(vh, 0.4996667741545416)
	a0 := 1 + k/q + k*k
	shelf := biquad{(vh + vb*k/q + k*k) / a0, 2 * (k*k - vh) / a0, (vh - vb*k/q + k*k) / a0, 2 * (k*k - 1) / a0, (1 - k/q + k*k) / a0}
	k = math.Tan(math.Pi * 38.13547087602444 / rate)
	q = 0.5003270373238773
	a0 = 1 + k/q + k*k
	highPass := biquad{1, -2, 1, 2 * (k*k - 1) / a0, (1 - k/q + k*k) / a0}
	return highPass.run(shelf.run(c.Samples))
}

type biquad struct{ b0, b1, b2, a1, a2 float64 }

func (f biquad) run(in []float64) []float64 {
	out := make([]float64, len(in))
	var x1, x2, y1, y2 float64
	for i, x := range in {
		y := f.b0*x + f.b1*x1 + f.b2*x2 - f.a1*y1 - f.a2*y2
		out[i], x1, x2, y1, y2 = y, x, x1, y, y1
	}
	return out
}

// Normalize scales the clip to the target loudness in LUFS, less where its peak would pass -1 dBFS. It returns a new clip and
// the gain in dB; silence stays as it is.
func Normalize(c *Clip, target float64) (*Clip, float64) {
	l := Loudness(c)
	if math.IsInf(l, 0) || math.IsNaN(l) {
		return c, 0
	}
	gain := math.Pow(10, (target-l)/20)
	if peak := c.Peak(); peak*gain > math.Pow(10, -1.0/20) {
		gain = math.Pow(10, -1.0/20) / peak
	}
	out := &Clip{Rate: c.Rate, Samples: make([]float64, len(c.Samples))}
	for i, s := range c.Samples {
		out.Samples[i] = s * gain
	}
	return out, 20 * math.Log10(gain)
}
