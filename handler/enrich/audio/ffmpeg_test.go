package audio

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// The filter ebur128 of FFmpeg is a reference for loudness; it resamples to 48 kHz, we do not. SLUICE_REQUIRE_FFMPEG=1 makes its
// absence a failure:
//
//	apt-get install ffmpeg && SLUICE_REQUIRE_FFMPEG=1 go test ./handler/enrich/audio -run 'FFmpeg|Published|Standard|SignalToNoise' -v
func TestLoudnessIsThatOfFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil && os.Getenv("SLUICE_REQUIRE_FFMPEG") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("ffmpeg is not here (Debian has it): loudness is checked against published signals alone")
	}
	shown := regexp.MustCompile(`lavfi\.r128\.I=(-?[\d.]+)`)
	r := rand.New(rand.NewPCG(7, 7))
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 192000} {
		for name, value := range map[string]func(int, float64) float64{
			"pink and loud": func(_ int, t float64) float64 {
				return .2 * r.NormFloat64() * (1.2 + math.Sin(t)) * math.Abs(math.Sin(.3*t))
			},
			"sweep": func(_ int, t float64) float64 {
				return .3 * math.Sin(2*math.Pi*40*t*math.Pow(2, t/4))
			},
			"low and one-sided": func(c int, t float64) float64 { return .1 * float64(1-c) * math.Sin(2*math.Pi*60*t) },
		} {
			file := wavOf(rate, 2, sound(rate, 2, 12, value))
			path := filepath.Join(t.TempDir(), "x.wav")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), ffmpeg, "-nostats", "-hide_banner", "-i", path, "-af", "ebur128=metadata=1,ametadata=print:file=-", "-f", "null", "-").Output()
			all := shown.FindAllSubmatch(out, -1)
			if err != nil || len(all) == 0 {
				t.Fatalf("%v\n%s", err, out)
			}
			want, _ := strconv.ParseFloat(string(all[len(all)-1][1]), 64)
			got, err := Measure(t.Context(), bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s at %d Hz: %.3f LUFS, FFmpeg says %.3f", name, rate, got.Loudness, want)
			if math.Abs(got.Loudness-want) > .1 {
				t.Errorf("%s at %d Hz: %.3f LUFS, FFmpeg says %.3f", name, rate, got.Loudness, want)
			}
		}
	}
}
