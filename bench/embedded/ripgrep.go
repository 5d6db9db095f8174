package embedded

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/sluicelog/sluice/bench/audio"
)

// ripgrep says where the program is.
func ripgrep() (string, bool) {
	path, err := exec.LookPath("rg")
	return path, err == nil
}

// grep is a plain file of lines that ripgrep reads.
type grep struct {
	program string
	o       *audio.Oracle
	f       *os.File
	w       *bufio.Writer
}

func openRipgrep(program, dir string, o *audio.Oracle) (Engine, error) {
	f, err := os.Create(filepath.Join(dir, "records.jsonl"))
	if err != nil {
		return nil, err
	}
	return &grep{program, o, f, bufio.NewWriterSize(f, 1<<20)}, nil
}

func (g *grep) Add(line []byte) error {
	_, err := g.w.Write(append(bytes.Clone(line), '\n'))
	return err
}

func (g *grep) Seal(context.Context) error { return g.w.Flush() }

func (g *grep) Close() error { return g.f.Close() }

func (g *grep) Find(ctx context.Context, query string) (int, [][]byte, error) {
	pattern := ""
	switch query {
	case "q1":
		pattern = `"request_id":"` + g.o.Needle + `"`
	case "q2":
		pattern = audio.Phrase + `"`
	case "q3":
		pattern = `"level":"` + audio.Level + `".*"stage":"` + audio.Stage + `"`
	case "q5":
		pattern = `"user_id":"` + audio.UserPrefix
	case "q4", "q6": // a comparison is none of a pattern's things
		return 0, nil, ErrUnsupported
	default:
		return 0, nil, unknown(query)
	}
	out, err := exec.CommandContext(ctx, g.program, "-c", "--no-config", pattern, g.f.Name()).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, fmt.Errorf("ripgrep: %w", err)
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(out)))
	return n, nil, err
}

func (g *grep) Levels(context.Context) (map[string]map[int64]int, bool, error) {
	return nil, false, ErrUnsupported
}

func (g *grep) P99(context.Context) (map[string]float64, error) { return nil, ErrUnsupported }
