package audio

import "math"

// loudness measures integrated loudness as ITU-R BS.1770-4 has it: K-weighted energy in blocks of 400 ms that overlap by three
// quarters, gated at -70 LUFS and then at 10 LU below the mean of what is left.
type loudness struct {
	filters []kFilter
	weights []float64
	step    int       // samples in 100 ms
	at      int       // samples in the current step
	sum     float64   // weighted energy of the current step
	steps   []float64 // of the last four
	blocks  []float64 // mean energy of every block above the absolute gate
}

const (
	absoluteGate = -70.0
	relativeGate = -10.0
	offset       = -0.691 // BS.1770: a 1 kHz sine of 0 dBFS in one channel is -3.01 LKFS
)

func newLoudness(rate, channels int) *loudness {
	l := &loudness{step: max((rate+5)/10, 1), weights: weights(channels)}
	for range channels {
		l.filters = append(l.filters, newKFilter(float64(rate)))
	}
	return l
}

// weights of channels in the order of WAV files: L R C LFE Ls Rs. The low-frequency channel does not count, surrounds count
// 1.41 times; with four and five channels there is none.
func weights(channels int) []float64 {
	w := make([]float64, channels)
	for i := range w {
		w[i] = 1
	}
	switch {
	case channels == 4:
		w[2], w[3] = 1.41, 1.41
	case channels == 5:
		w[3], w[4] = 1.41, 1.41
	case channels >= 6:
		w[3] = 0
		for i := 4; i < channels; i++ {
			w[i] = 1.41
		}
	}
	return w
}

// add takes one sample of every channel.
func (l *loudness) add(frame []float64) {
	for c, x := range frame {
		if w := l.weights[c]; w != 0 {
			y := l.filters[c].next(x)
			l.sum += w * y * y
		}
	}
	if l.at++; l.at == l.step {
		l.endStep()
	}
}

func (l *loudness) endStep() {
	if len(l.steps) == 4 {
		copy(l.steps, l.steps[1:])
		l.steps = l.steps[:3]
	}
	l.steps = append(l.steps, l.sum)
	l.sum, l.at = 0, 0
	if len(l.steps) < 4 {
		return
	}
	mean := (l.steps[0] + l.steps[1] + l.steps[2] + l.steps[3]) / float64(4*l.step)
	if lufs(mean) > absoluteGate {
		l.blocks = append(l.blocks, mean)
	}
}

// integrated is the loudness in LUFS; NaN for less than 400 ms, or silence.
func (l *loudness) integrated() float64 {
	if len(l.blocks) == 0 {
		return math.NaN()
	}
	gate := mean(l.blocks) * math.Pow(10, relativeGate/10)
	sum, n := 0.0, 0
	for _, b := range l.blocks {
		if b > gate {
			sum += b
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return lufs(sum / float64(n))
}

func lufs(energy float64) float64 { return offset + 10*math.Log10(energy) }

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// kFilter are the two stages of K-weighting for any rate: the analogue prototypes whose bilinear transform at 48 kHz has the
// coefficients of BS.1770's tables 1 and 2.
type kFilter struct{ shelf, high biquad }

func newKFilter(rate float64) kFilter {
	var f kFilter
	// A shelf of 4 dB for the head.
	k := math.Tan(math.Pi * min(1681.974450955533/rate, .499))
	q, vh := 0.7071752369554196, math.Pow(10, 3.999843853973347/20)
	vb := math.Pow(vh, 0.4996667741545416)
	a0 := 1 + k/q + k*k
	f.shelf = biquad{b0: (vh + vb*k/q + k*k) / a0, b1: 2 * (k*k - vh) / a0, b2: (vh - vb*k/q + k*k) / a0, a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
	// The high-pass of the revised low-frequency B-curve.
	k, q = math.Tan(math.Pi*min(38.13547087602444/rate, .499)), 0.5003270373238773
	a0 = 1 + k/q + k*k
	f.high = biquad{b0: 1, b1: -2, b2: 1, a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
	return f
}

func (f *kFilter) next(x float64) float64 { return f.high.next(f.shelf.next(x)) }

// biquad is a filter of second order in transposed direct form II.
type biquad struct {
	b0, b1, b2, a1, a2 float64
	z1, z2             float64
}

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	// Without this a long silence would end in denormal numbers, which are slow.
	if math.Abs(f.z1) < 1e-30 {
		f.z1 = 0
	}
	return y
}
