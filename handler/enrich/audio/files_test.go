package audio

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesAreReadBelowTheirDirectoryAlone(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	sound := wavOf(8000, 1, make([]float64, 80))
	for _, path := range []string{filepath.Join(outside, "secret.wav"), filepath.Join(dir, "a.wav"), filepath.Join(dir, "b", "master.wav")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "secret.wav"), filepath.Join(dir, "link.wav")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		pattern, id string
		ok          bool
	}{
		{dir + "/{audio_id}.wav", "a", true},
		{dir + "/{audio_id}/master.wav", "b", true},
		{dir + "/{audio_id}.wav", "none", false},
		{dir + "/{audio_id}.wav", "link", false},
		{dir + "/{audio_id}.wav", "../" + filepath.Base(outside) + "/secret", false},
		{dir + "/x-{audio_id}.wav", "/../../" + filepath.Base(outside) + "/secret", false},
		{dir + "/{audio_id}", "b", false},
		{dir + "/{audio_id}", "", false},
	} {
		p, err := FilesIn(tc.pattern)
		if err != nil {
			t.Fatal(err)
		}
		attrs, err := p.Fetch(t.Context(), tc.id)
		if (err == nil) != tc.ok || tc.ok && len(attrs) == 0 {
			t.Errorf("%s in %s: %v, %v", tc.id, tc.pattern, attrs, err)
		}
	}
	for pattern, want := range map[string]string{dir + "/a.wav": "{audio_id}", dir + "/none/{audio_id}": "no such file"} {
		if _, err := FilesIn(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
