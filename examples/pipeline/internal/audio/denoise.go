package audio

import (
	"math"
	"math/cmplx"
	"slices"
)

const (
	frameSize = 512
	hop       = frameSize / 2
)

// Denoise removes stationary noise by spectral subtraction: the noise in each frequency band is estimated from the quietest
// frames, and each band's gain is the Wiener gain of what exceeds it (Boll 1979; Berouti et al. 1979 for the floor). It
// returns a new clip and the estimated signal-to-noise ratio before, in dB.
func Denoise(c *Clip) (*Clip, float64) {
	const (
		quietest = 0.15 // share of the frames that are taken for noise alone
		over     = 3.0  // oversubtraction, against musical noise
		floor    = 0.05 // least gain of a band
	)
	win := make([]float64, frameSize)
	for i := range win {
		win[i] = math.Sqrt(0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/frameSize)) // twice applied it adds up to 1
	}
	padded := make([]float64, len(c.Samples)+2*frameSize)
	copy(padded[hop:], c.Samples)
	frames := (len(padded)-frameSize)/hop + 1
	spectra := make([][]complex128, frames)
	energy := make([]float64, frames)
	for i := range spectra {
		s := make([]complex128, frameSize)
		for j := range s {
			s[j] = complex(padded[i*hop+j]*win[j], 0)
			energy[i] += real(s[j]) * real(s[j])
		}
		fft(s, false)
		spectra[i] = s
	}

	byEnergy := make([]int, 0, frames)
	for i, e := range energy {
		if e > 1e-9 { // padding and digital silence say nothing of the noise
			byEnergy = append(byEnergy, i)
		}
	}
	if len(byEnergy) == 0 {
		return &Clip{Rate: c.Rate, Samples: slices.Clone(c.Samples)}, 0
	}
	slices.SortFunc(byEnergy, func(a, b int) int {
		if energy[a] < energy[b] {
			return -1
		}
		return 1
	})
	noisy := byEnergy[:max(1, int(quietest*float64(len(byEnergy))))]
	noise := make([]float64, frameSize)
	var noiseEnergy, total float64
	for _, i := range noisy {
		for k, x := range spectra[i] {
			noise[k] += real(x)*real(x) + imag(x)*imag(x)
		}
		noiseEnergy += energy[i] / float64(len(noisy))
	}
	for _, i := range byEnergy {
		total += energy[i] / float64(len(byEnergy))
	}
	for k := range noise {
		noise[k] /= float64(len(noisy))
	}

	out := make([]float64, len(padded))
	for i, s := range spectra {
		for k, x := range s {
			power := cmplx.Abs(x) * cmplx.Abs(x)
			gain := floor
			if power > 0 {
				gain = max(floor, 1-over*noise[k]/power)
			}
			s[k] = x * complex(gain, 0)
		}
		fft(s, true)
		for j := range s {
			out[i*hop+j] += real(s[j]) * win[j]
		}
	}
	snr := 10 * math.Log10(max(total-noiseEnergy, noiseEnergy/1000)/noiseEnergy)
	return &Clip{Rate: c.Rate, Samples: slices.Clone(out[hop : hop+len(c.Samples)])}, snr
}

// fft is the iterative radix-2 transform of Cooley and Tukey, in place; len(x) is a power of two. The inverse is scaled by 1/n.
func fft(x []complex128, inverse bool) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	sign := -2 * math.Pi
	if inverse {
		sign = -sign
	}
	for size := 2; size <= n; size <<= 1 {
		step := cmplx.Rect(1, sign/float64(size))
		for start := 0; start < n; start += size {
			w := complex(1, 0)
			for k := start; k < start+size/2; k++ {
				a, b := x[k], x[k+size/2]*w
				x[k], x[k+size/2] = a+b, a-b
				w *= step
			}
		}
	}
	if inverse {
		for i := range x {
			x[i] /= complex(float64(n), 0)
		}
	}
}
