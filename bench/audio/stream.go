// Package audio gives the stream of records by which stores are compared, that of an audio pipeline, and what is known to be in it.
package audio

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

// ErrAbsent is returned where the generator is not.
var ErrAbsent = errors.New("SLUICE_SHARED is not set: it names the directory with gen, the generator of the audio stream, without which there is nothing to measure")

// Generate calls add for each of n lines of the stream, without its line break. The generator is in $SLUICE_SHARED/gen, which is no part
// of this repository.
func Generate(ctx context.Context, n int, add func(line []byte) error) error {
	shared := os.Getenv("SLUICE_SHARED")
	if shared == "" {
		return ErrAbsent
	}
	tmp, err := os.MkdirTemp("", "audio-gen-*")
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
	cmd := exec.CommandContext(ctx, program, "-n", strconv.Itoa(n))
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
