package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// AudioStream calls add for each of the first n lines of the audio stream, without its line break: JSON as slog writes it. The generator is in
// the directory that SLUICE_SHARED names; args are further words for it. add does not keep the line.
func AudioStream(ctx context.Context, n int, add func(line []byte) error, args ...string) error {
	shared := os.Getenv("SLUICE_SHARED")
	if shared == "" {
		return errors.New("SLUICE_SHARED is not set: it names the directory with gen, the generator of the audio stream, without which there is nothing to measure")
	}
	tmp, err := os.MkdirTemp("", "audiostream-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	program := filepath.Join(tmp, "gen")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir = filepath.Join(shared, "gen")
	build.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("the generator in %s cannot be built: %w: %s", build.Dir, err, bytes.TrimSpace(out))
	}
	cmd := exec.CommandContext(ctx, program, append(args, "-n", strconv.Itoa(n))...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = eachLine(out, add)
	if err != nil {
		_ = cmd.Process.Kill()
	}
	return errors.Join(err, cmd.Wait())
}

func eachLine(r io.Reader, add func(line []byte) error) error {
	sc := bufio.NewScanner(bufio.NewReaderSize(r, 1<<20))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if err := add(sc.Bytes()); err != nil {
			return err
		}
	}
	return sc.Err()
}
