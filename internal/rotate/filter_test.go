package rotate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFilteredLinesAreGoneFromEveryFileOfARotation(t *testing.T) {
	for _, c := range []Compression{Zstd, Gzip, NoCompression} {
		t.Run(string(c), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "app.jsonl")
			w, err := Open(path, &Options{Compress: c, MaxBytes: 200 << 10})
			if err != nil {
				t.Fatal(err)
			}
			long := strings.Repeat("x", 100<<10)
			for i := range 40 {
				line := fmt.Sprintf(`{"n":%d,"user_id":"u_%d"}`, i, i%4)
				if i%10 == 0 {
					line = fmt.Sprintf(`{"n":%d,"long":"%s","user_id":"u_%d"}`, i, long, i%4)
				}
				if _, err := w.Write([]byte(line + "\n")); err != nil {
					t.Fatal(err)
				}
			}
			drop := func(line []byte) bool { return bytes.HasSuffix(line, []byte(`"u_2"}`)) }
			if _, err := Filter(path, false, drop); !errors.Is(err, ErrLocked) {
				t.Errorf("under the writer's hands: %v", err)
			}
			if err := w.Rotate(); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(`{"n":40,"user_id":"u_2"}` + "\n" + `{"n":41,"user_id":"u_1"}` + "\n")); err != nil {
				t.Fatal(err)
			}
			for c != NoCompression && w.Stats().Compressed == 0 {
				time.Sleep(time.Millisecond)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if n, err := Filter(path, true, drop); err != nil || n != 11 || count(t, dir, `"u_2"`) != 11 {
				t.Errorf("dry: %d, %v, %d are left", n, err, count(t, dir, `"u_2"`))
			}
			if n, err := Filter(path, false, drop); err != nil || n != 11 {
				t.Errorf("%d, %v", n, err)
			}
			if n, left := count(t, dir, `"u_2"`), count(t, dir, `"user_id"`); n != 0 || left != 31 {
				t.Errorf("%d of the subject's lines are left, and %d others, want 31", n, left)
			}
			if n, err := Filter(path, false, drop); err != nil || n != 0 {
				t.Errorf("again: %d, %v", n, err)
			}
		})
	}
}

// count counts a text in all files of a directory, unpacked.
func count(t *testing.T, dir, text string) (n int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		c := NoCompression
		for k, suffix := range suffixes {
			if strings.HasSuffix(name, suffix) {
				c = k
			}
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		in, end, err := decoder(f, c)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		end()
		_ = f.Close()
		n += bytes.Count(b, []byte(text))
	}
	return n
}
