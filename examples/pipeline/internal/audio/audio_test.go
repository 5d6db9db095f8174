package audio

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

func tone(rate int, seconds, hz, amplitude float64) *Clip {
	c := &Clip{Rate: rate, Samples: make([]float64, int(float64(rate)*seconds))}
	for i := range c.Samples {
		c.Samples[i] = amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
	}
	return c
}

func TestWAVRoundTrip(t *testing.T) {
	in := tone(16000, .1, 440, .5)
	var buf bytes.Buffer
	if err := in.EncodeWAV(&buf); err != nil {
		t.Fatal(err)
	}
	out, err := DecodeWAV(&buf, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range in.Samples {
		if math.Abs(in.Samples[i]-out.Samples[i]) > 1e-4 {
			t.Fatalf("sample %d = %g, want %g", i, out.Samples[i], in.Samples[i])
		}
	}
}

func TestDecodeWAVNamesWhatIsWrong(t *testing.T) {
	var buf bytes.Buffer
	_ = tone(8000, .1, 440, .5).EncodeWAV(&buf)
	good := buf.Bytes()
	alien := bytes.Clone(good)
	alien[20] = 7 // mu-law
	for _, tc := range []struct {
		name string
		file []byte
		want error
	}{
		{"empty", nil, ErrFormat}, {"text", []byte("ID3 this is no wave file"), ErrFormat}, {"unknown encoding", alien, ErrFormat},
		{"cut in the data", good[:len(good)/2], ErrTruncated}, {"cut in the header", good[:30], ErrTruncated}, {"no data", good[:36], ErrTruncated},
	} {
		if _, err := DecodeWAV(bytes.NewReader(tc.file), 1<<20); !errors.Is(err, tc.want) {
			t.Errorf("%s: error = %v, want %v", tc.name, err, tc.want)
		}
	}
}

// BS.1770: a 997 Hz sine at 0 dBFS in one channel measures -3.01 LUFS.
func TestLoudnessOfTheStandardsSine(t *testing.T) {
	for _, rate := range []int{16000, 44100, 48000} {
		if got := Loudness(tone(rate, 5, 997, 1)); math.Abs(got+3.01) > .05 {
			t.Errorf("%d Hz: %.2f LUFS, want -3.01", rate, got)
		}
	}
}

func TestNormalizeReachesItsTarget(t *testing.T) {
	out, gain := Normalize(tone(48000, 3, 997, .05), -23)
	if got := Loudness(out); math.Abs(got+23) > .01 {
		t.Errorf("%.2f LUFS after %.1f dB, want -23", got, gain)
	}
	if silent, gain := Normalize(&Clip{Rate: 48000, Samples: make([]float64, 48000)}, -23); gain != 0 || silent.Peak() != 0 {
		t.Error("silence was amplified")
	}
}

func TestDenoiseRemovesNoiseAndKeepsTheSignal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := tone(16000, 3, 440, .3)
	for i := range c.Samples {
		if i < 8000 || i > 40000 {
			c.Samples[i] = 0
		}
		c.Samples[i] += .02 * r.NormFloat64()
	}
	rms := func(s []float64) float64 {
		sum := 0.0
		for _, x := range s {
			sum += x * x
		}
		return math.Sqrt(sum / float64(len(s)))
	}
	out, snr := Denoise(c)
	if before, after := rms(c.Samples[1000:7000]), rms(out.Samples[1000:7000]); after > before/4 {
		t.Errorf("noise went from %.4f to %.4f, want a quarter at most", before, after)
	}
	if before, after := rms(c.Samples[10000:38000]), rms(out.Samples[10000:38000]); math.Abs(after/before-1) > .05 {
		t.Errorf("signal went from %.4f to %.4f, want within 5%%", before, after)
	}
	if snr < 15 || snr > 30 {
		t.Errorf("SNR estimate = %.1f dB, want about 20", snr)
	}
}

func TestTheRecordingGetsBetter(t *testing.T) {
	f, err := os.Open("../../testdata/voice.wav")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := DecodeWAV(f, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	clean, before := Denoise(c)
	if _, after := Denoise(clean); after < before+6 {
		t.Errorf("SNR went from %.1f to %.1f dB, want 6 dB more at least", before, after)
	}
}

func FuzzDecodeWAVNeverPanics(f *testing.F) {
	var buf bytes.Buffer
	_ = tone(8000, .01, 440, .5).EncodeWAV(&buf)
	f.Add(buf.Bytes())
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = DecodeWAV(bytes.NewReader(b), 1<<16) })
}
