package audio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func measured(t testing.TB, file []byte) Quality {
	t.Helper()
	q, err := Measure(t.Context(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// part is a stretch of a test signal.
type part struct{ dbfs, secs float64 }

// tones is a stereo sine of 1 kHz whose level changes.
func tones(rate int, parts ...part) []float64 {
	var out []float64
	for _, p := range parts {
		out = append(out, sound(rate, 2, p.secs, sine(p.dbfs))...)
	}
	return out
}

// The signals of EBU Tech 3341 (2023), table 1, cases 1 to 6, which a meter shows within 0.1 LU.
func TestLoudnessOfThePublishedSignals(t *testing.T) {
	for _, rate := range []int{8000, 22050, 44100, 48000, 192000} {
		for name, tc := range map[string]struct {
			channels int
			samples  []float64
			want     float64
		}{
			"1": {2, tones(rate, part{-23, 20}), -23},
			"2": {2, tones(rate, part{-33, 20}), -33},
			"3": {2, tones(rate, part{-36, 10}, part{-23, 60}, part{-36, 10}), -23},
			"4": {2, tones(rate, part{-72, 10}, part{-36, 10}, part{-23, 60}, part{-36, 10}, part{-72, 10}), -23},
			"5": {2, tones(rate, part{-26, 20}, part{-20, 20.1}, part{-26, 20}), -23},
			"6": {5, sound(rate, 5, 20, func(c int, t float64) float64 { return sine([]float64{-28, -28, -24, -30, -30}[c])(c, t) }), -23},
		} {
			if rate != 48000 && rate != 8000 && len(tc.samples) > 110*rate {
				continue // long, and nothing new
			}
			m := newMeter(rate, tc.channels)
			m.add(tc.samples)
			if got := m.quality().Loudness; math.Abs(got-tc.want) > .1 {
				t.Errorf("case %s at %d Hz: %.3f LUFS, want %v", name, rate, got, tc.want)
			}
		}
	}
}

// A sine of full scale in one channel is -3.01 LKFS at 997 Hz (BS.1770-4, annex 1); 48 kHz has the coefficients of its tables.
func TestTheFilterIsThatOfTheStandard(t *testing.T) {
	f := newKFilter(48000)
	for name, tc := range map[string][2]float64{
		"shelf b0": {f.shelf.b0, 1.53512485958697}, "shelf b1": {f.shelf.b1, -2.69169618940638}, "shelf b2": {f.shelf.b2, 1.19839281085285},
		"shelf a1": {f.shelf.a1, -1.69065929318241}, "shelf a2": {f.shelf.a2, 0.73248077421585}, "high a1": {f.high.a1, -1.99004745483398}, "high a2": {f.high.a2, 0.99007225036621},
	} {
		if math.Abs(tc[0]-tc[1]) > 1e-6 {
			t.Errorf("%s is %v, want %v", name, tc[0], tc[1])
		}
	}
	m := newMeter(48000, 1)
	m.add(sound(48000, 1, 5, func(_ int, t float64) float64 { return math.Sin(2 * math.Pi * 997 * t) }))
	if got := m.quality().Loudness; math.Abs(got+3.01) > .02 {
		t.Errorf("%v LKFS, want -3.01", got)
	}
}

// Bursts of a tone in white noise of a known level: as speech and its pauses.
func TestSignalToNoiseIsEstimated(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		for _, snr := range []float64{6, 10, 20, 30, 40, 60} {
			r := rand.New(rand.NewPCG(1, uint64(snr)))
			noise := math.Pow(10, (-20-snr)/20)
			m := newMeter(rate, 2)
			m.add(sound(rate, 2, 20, func(_ int, t float64) float64 {
				x := noise * r.NormFloat64()
				if math.Mod(t, 2) < 1.3 {
					x += .1 * math.Sqrt2 * math.Sin(2*math.Pi*440*t)
				}
				return x
			}))
			q := m.quality()
			if math.Abs(q.SNR-snr) > .5 || math.Abs(q.NoiseFloor-(-20-snr)) > .5 {
				t.Errorf("%d Hz, %v dB: estimated %.2f, floor %.2f", rate, snr, q.SNR, q.NoiseFloor)
			}
		}
	}
}

func TestPeakRMSAndClipping(t *testing.T) {
	q := measured(t, wavOf(48000, 1, sound(48000, 1, 1, sine(-6))))
	if math.Abs(q.Peak+6) > .01 || math.Abs(q.RMS+9.01) > .01 || q.Clipping != 0 || q.Duration != time.Second {
		t.Errorf("%+v", q)
	}
	if !math.IsNaN(q.SNR) {
		t.Errorf("a steady tone has an SNR of %v", q.SNR)
	}
	hot := sound(48000, 1, 1, func(_ int, t float64) float64 { return 2 * math.Sin(2*math.Pi*100*t) })
	q = measured(t, riff(formatChunk(tagPCM, 1, 48000, 16), chunk("data", pcm16(hot))))
	if math.Abs(q.Clipping-2./3) > .01 || math.Abs(q.Peak) > .001 {
		t.Errorf("two thirds of the samples are clipped: %+v", q)
	}
	single := make([]float64, 48000)
	single[100] = 1
	if q := measured(t, wavOf(48000, 1, single)); q.Clipping != 0 || q.Peak != 0 {
		t.Errorf("one sample of full scale is no clipping: %+v", q)
	}
	silent := measured(t, wavOf(48000, 1, make([]float64, 48000)))
	if a := fmt.Sprint(silent.Attrs()); a != "[clipping_ratio=0 duration_ms=1000]" {
		t.Error(a)
	}
}

func TestEveryCodecDecodesToTheSame(t *testing.T) {
	samples := sound(44100, 2, 2, func(c int, t float64) float64 {
		return .25 * math.Sin(2*math.Pi*float64(300+100*c)*t) * (1 + math.Sin(6*t))
	})
	want := measured(t, wavOf(44100, 2, samples))
	pcm := func(bits int) []byte {
		var out []byte
		for _, s := range samples {
			v := uint64(int64(math.Round(s * math.Pow(2, float64(bits-1)))))
			if bits == 8 {
				v += 128
			}
			for i := range bits / 8 {
				out = append(out, byte(v>>(8*i)))
			}
		}
		return riff(formatChunk(tagPCM, 2, 44100, bits), chunk("data", out))
	}
	var f64 []byte
	for _, s := range samples {
		f64 = le.AppendUint64(f64, math.Float64bits(s))
	}
	law := func(tag int, value func(byte) float64) []byte {
		var out []byte
		for _, s := range samples {
			best, at := 2., 0
			for b := range 256 {
				if d := math.Abs(value(byte(b)) - s); d < best {
					best, at = d, b
				}
			}
			out = append(out, byte(at))
		}
		return riff(formatChunk(tag, 2, 44100, 8), chunk("data", out))
	}
	for name, tc := range map[string]struct {
		file []byte
		near float64
	}{
		"8 bits": {pcm(8), .05}, "16 bits": {pcm(16), .001}, "24 bits": {pcm(24), .001}, "32 bits": {pcm(32), .001}, "double": {riff(formatChunk(tagFloat, 2, 44100, 64), chunk("data", f64)), .001},
		"extensible": {riff(extensible(formatChunk(tagFloat, 2, 44100, 32), 32), chunk("data", float32s(samples))), .001}, "flac": {flacOf(t, 44100, 2, samples), .001},
		"A-law": {law(tagALaw, aLaw), .1}, "µ-law": {law(tagMuLaw, muLaw), .1},
	} {
		got := measured(t, tc.file)
		if math.Abs(got.Loudness-want.Loudness) > tc.near || math.Abs(got.RMS-want.RMS) > tc.near || got.Duration != want.Duration {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestMeasuringEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := wavOf(8000, 1, make([]float64, 8000))
	if _, err := Measure(ctx, bytes.NewReader(file), int64(len(file))); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, bad := range [][]byte{nil, []byte("hello"), mp3Of(10), riff(formatChunk(0x11, 1, 8000, 4), chunk("data", make([]byte, 100))), riff(formatChunk(tagPCM, 100, 8000, 16), chunk("data", make([]byte, 1000))), wavOf(8000, 1, nil)} {
		if _, err := Measure(t.Context(), bytes.NewReader(bad), int64(len(bad))); !errors.Is(err, ErrFormat) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// BenchmarkMeasure is a minute of stereo at 48 kHz; x/core is how much faster than it plays a core measures it, in time of the
// CPU: what else the machine does is not counted.
func BenchmarkMeasure(b *testing.B) {
	samples := sound(48000, 2, 60, sine(-20))
	for name, file := range map[string][]byte{"wav": riff(formatChunk(tagPCM, 2, 48000, 16), chunk("data", pcm16(samples))), "flac": flacOf(b, 48000, 2, samples)} {
		b.Run(name, func(b *testing.B) {
			before := cpuTime(b)
			for b.Loop() {
				measured(b, file)
			}
			b.ReportMetric(60*float64(b.N)/(cpuTime(b)-before).Seconds(), "x/core")
		})
	}
}
