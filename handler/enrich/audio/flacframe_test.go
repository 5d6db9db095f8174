package audio

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mewkiz/flac"
)

// flacFiles are files of several kinds: of the library's encoder, and of FFmpeg's, where it is.
func flacFiles(t *testing.T) map[string][]byte {
	t.Helper()
	wave := func(c int, t float64) float64 {
		return .4*math.Sin(2*math.Pi*(220+110*float64(c))*t) + .1*math.Sin(9000*t*t)
	}
	files := map[string][]byte{"library, stereo": flacOf(t, 44100, 2, sound(44100, 2, 1, wave)), "library, mono": flacOf(t, 8000, 1, sound(8000, 1, .3, wave)), "library, silence": flacOf(t, 8000, 1, make([]float64, 10_000))}
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Log("ffmpeg is not here: its files are not decoded")
		return files
	}
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"16 bits":              {"-sample_fmt", "s16"},
		"24 bits":              {"-sample_fmt", "s32", "-bits_per_raw_sample", "24"},
		"best":                 {"-compression_level", "12", "-lpc_type", "cholesky"},
		"fixed":                {"-lpc_type", "fixed"},
		"verbatim":             {"-lpc_type", "none"},
		"mid and side":         {"-ch_mode", "mid_side"},
		"left and side":        {"-ch_mode", "left_side"},
		"right and side":       {"-ch_mode", "right_side"},
		"short frames":         {"-frame_size", "64"},
		"5.1 at an odd rate":   {"-ac", "6", "-ar", "44056"},
		"exact Rice parameter": {"-exact_rice_parameters", "1", "-max_partition_order", "8"},
	} {
		in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.flac")
		if err := os.WriteFile(in, wavOf(48000, 2, sound(48000, 2, 1, wave)), 0o600); err != nil {
			t.Fatal(err)
		}
		if text, err := exec.CommandContext(t.Context(), ffmpeg, slices.Concat([]string{"-y", "-loglevel", "error", "-i", in}, args, []string{out})...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, text)
			continue
		}
		if files[name], err = os.ReadFile(out); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func decoded(t *testing.T, file []byte) ([]float64, error) {
	t.Helper()
	d, err := newFLACDecoder(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	var all []float64
	for {
		samples, err := d.next()
		all = append(all, samples...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func TestFLACIsDecodedAsTheLibraryDoes(t *testing.T) {
	for name, file := range flacFiles(t) {
		t.Run(name, func(t *testing.T) {
			got, err := decoded(t, file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := flac.New(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			var want []float64
			scale := math.Pow(2, 1-float64(s.Info.BitsPerSample))
			for {
				f, err := s.ParseNext()
				if err != nil {
					break
				}
				for i := range f.Subframes[0].Samples {
					for _, sub := range f.Subframes {
						want = append(want, float64(sub.Samples[i])*scale)
					}
				}
			}
			if len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("%d samples, want %d, or others", len(got), len(want))
			}
		})
	}
}

// A byte that differs is seen by a checksum, or is of no frame.
func TestADamagedFLACFileIsNoSound(t *testing.T) {
	file := flacOf(t, 8000, 1, sound(8000, 1, .2, sine(-6)))
	want, err := decoded(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(file) - 1500; i < len(file); i += 5 {
		bad := bytes.Clone(file)
		bad[i] ^= 0x10
		if got, err := decoded(t, bad); err == nil && !slices.Equal(got, want) {
			t.Fatalf("byte %d is another, and nobody says so", i)
		} else if err != nil && !errors.Is(err, ErrFormat) {
			t.Fatal(err)
		}
	}
	for n := 0; n < len(file); n += 7 {
		if _, err := decoded(t, file[:n]); err != nil && !errors.Is(err, ErrFormat) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	broken := errors.New("broken disk")
	if _, err := newFLACDecoder(io.MultiReader(bytes.NewReader(file[:20]), failing{broken})); err == nil {
		t.Error("a header that cannot be read is taken")
	}
	d, err := newFLACDecoder(io.MultiReader(bytes.NewReader(file[:100]), failing{broken}))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = d.next()
	}
	if !errors.Is(err, broken) {
		t.Errorf("%v, want what the reader said", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
