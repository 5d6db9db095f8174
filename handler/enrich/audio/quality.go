package audio

import (
	"context"
	"io"
	"log/slog"
	"math"
	"slices"
	"time"
)

// Quality is what the samples of an audio file say. A figure that cannot be told is NaN.
type Quality struct {
	Loudness   float64 // integrated, LUFS (ITU-R BS.1770-4)
	Peak       float64 // the largest sample, dBFS
	RMS        float64 // of all samples, dBFS: 0 for a square wave of full scale
	Clipping   float64 // share of samples that stand at full scale beside another that does
	NoiseFloor float64 // dBFS, see SNR
	// SNR is an estimate, in dB: the power of what is louder than the pauses over that of the pauses. Pauses are the quietest
	// fifth of the frames of 50 ms; the estimate is NaN where these are silent, or not quieter than the rest.
	SNR      float64
	Duration time.Duration // of what was measured
}

// Attrs returns the figures that can be told, under the keys lufs, peak_dbfs, rms_dbfs, clipping_ratio, noise_floor_dbfs, snr_db and
// duration_ms.
func (q Quality) Attrs() []slog.Attr {
	var attrs []slog.Attr
	add := func(key string, v, unit float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			attrs = append(attrs, slog.Float64(key, math.Round(v*unit)/unit))
		}
	}
	add("lufs", q.Loudness, 100)
	add("peak_dbfs", q.Peak, 100)
	add("rms_dbfs", q.RMS, 100)
	add("clipping_ratio", q.Clipping, 1e6)
	add("noise_floor_dbfs", q.NoiseFloor, 100)
	add("snr_db", q.SNR, 100)
	add("duration_ms", float64(q.Duration)/float64(time.Millisecond), 1000)
	return attrs
}

// Limits of what is measured: of a longer file the beginning, and no frame of more channels than any layout of speakers has.
const (
	maxMeasured = 24 * time.Hour
	maxChannels = 64
)

// Measure reads an audio file of size bytes, WAV (PCM, float, A-law, µ-law) or FLAC, and measures it. It takes a few milliseconds
// for a minute of sound, so it is no work for a log call. The memory it takes does not depend on the lengths in the file,
// and grows by some bytes for each tenth of a second. It ends with the context.
func Measure(ctx context.Context, r io.ReaderAt, size int64) (Quality, error) {
	d, err := newDecoder(r, size)
	if err != nil {
		return Quality{}, err
	}
	m := newMeter(d.rate(), d.channels())
	limit := int64(maxMeasured/time.Second) * int64(d.rate())
	for m.frames < limit {
		if err := ctx.Err(); err != nil {
			return Quality{}, err
		}
		samples, err := d.next()
		m.add(samples)
		if err == io.EOF {
			break
		}
		if err != nil {
			return Quality{}, err
		}
	}
	if m.frames == 0 {
		return Quality{}, damaged("there are no samples")
	}
	return m.quality(), nil
}

// MeasureFile is Measure for a regular file.
func MeasureFile(ctx context.Context, path string) (Quality, error) {
	f, size, err := openRegular(ctx, path)
	if err != nil {
		return Quality{}, err
	}
	defer func() { _ = f.Close() }()
	return Measure(ctx, f, size)
}

// meter measures samples in [-1, 1] as they come.
type meter struct {
	rate, channels int
	loud           *loudness
	frames         int64
	peak, sum      float64
	clipped        int64
	atTop          []bool // the last sample of the channel stood at full scale

	window, inWindow int
	windowSum        float64
	powers           []float64 // of the frames of 50 ms
}

// fullScale is where a sample of 16 bits stands at its end, in either sign.
const fullScale = 32767.0 / 32768

func newMeter(rate, channels int) *meter {
	return &meter{rate: rate, channels: channels, loud: newLoudness(rate, channels), atTop: make([]bool, channels), window: max(rate/20, 1)}
}

// add takes whole frames, channels interleaved.
func (m *meter) add(samples []float64) {
	for ; len(samples) >= m.channels; samples = samples[m.channels:] {
		frame := samples[:m.channels]
		power := 0.0
		for c, x := range frame {
			a := math.Abs(x)
			m.peak = max(m.peak, a)
			power += x * x
			top := a >= fullScale
			if top && m.atTop[c] {
				m.clipped++
			}
			m.atTop[c] = top
		}
		m.sum += power
		m.windowSum += power
		m.loud.add(frame)
		m.frames++
		if m.inWindow++; m.inWindow == m.window {
			m.powers = append(m.powers, m.windowSum/float64(m.window*m.channels))
			m.inWindow, m.windowSum = 0, 0
		}
	}
}

func (m *meter) quality() Quality {
	n := float64(m.frames) * float64(m.channels)
	q := Quality{
		Loudness: m.loud.integrated(), Peak: 20 * math.Log10(m.peak), RMS: 10 * math.Log10(m.sum/n), Clipping: float64(m.clipped) / n,
		Duration: seconds(uint64(m.frames), uint64(m.rate)),
	}
	q.NoiseFloor, q.SNR = m.noise()
	return q
}

// noise estimates the floor and the ratio. The median of the quietest fifth is the tenth percentile of all, so a click in a
// pause does not count.
func (m *meter) noise() (floor, snr float64) {
	const (
		least    = 10  // frames
		apart    = 4.0 // in power, 6 dB: what is louder is no pause
		inactive = 0.1 // of the mean power of what is louder: the ends of words
	)
	floor, snr = math.NaN(), math.NaN()
	if len(m.powers) < least {
		return floor, snr
	}
	sorted := slices.Clone(m.powers)
	slices.Sort(sorted)
	pauses := sorted[:max(len(sorted)/5, 1)]
	noise := pauses[len(pauses)/2]
	if noise <= 0 {
		return floor, snr
	}
	floor = 10 * math.Log10(noise)
	i, _ := slices.BinarySearch(sorted, noise*apart)
	if active := sorted[i:]; len(active) > 0 {
		gate := mean(active) * inactive
		i, _ := slices.BinarySearch(active, gate)
		if signal := mean(active[i:]) - noise; signal > 0 {
			snr = 10 * math.Log10(signal/noise)
		}
	}
	return floor, snr
}
