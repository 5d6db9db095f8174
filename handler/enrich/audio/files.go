package audio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/sluicelog/sluice/handler/enrich/provider"
)

// Files is a metadata provider that reads the headers of files. path returns the file of an audio_id; an empty path means that
// there is none, which is no error.
func Files(path func(ctx context.Context, id string) (string, error)) provider.Provider {
	return provider.Func(func(ctx context.Context, id string) ([]slog.Attr, error) {
		p, err := path(ctx, id)
		if err != nil || p == "" {
			return nil, err
		}
		info, err := ProbeFile(ctx, p)
		if err != nil {
			return nil, err
		}
		return info.Attrs(), nil
	})
}

// IDMark is what stands for the audio_id in the pattern of FilesIn.
const IDMark = "{audio_id}"

// FilesIn is Files for the files below one directory: pattern is their path with IDMark in it, such as /srv/audio/{audio_id}.wav. An
// identifier that leads out of the directory before the mark is an error, also by a symbolic link. The error of FilesIn says
// that there is no mark, or no such directory.
func FilesIn(pattern string) (provider.Provider, error) {
	before, _, ok := strings.Cut(filepath.ToSlash(pattern), IDMark)
	if !ok {
		return nil, fmt.Errorf("audio: the pattern is %q: want a path with %s in it", pattern, IDMark)
	}
	cut := strings.LastIndexByte(before, '/') + 1
	dir, name := cmp.Or(filepath.FromSlash(before[:cut]), "."), filepath.ToSlash(pattern)[cut:]
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("audio: %w", err)
	}
	if err := root.Close(); err != nil { // opened for each look, as it may be replaced
		return nil, fmt.Errorf("audio: %w", err)
	}
	return provider.Func(func(_ context.Context, id string) ([]slog.Attr, error) {
		path := filepath.FromSlash(strings.ReplaceAll(name, IDMark, id))
		if !filepath.IsLocal(path) {
			return nil, errors.New("audio: audio_id leads out of the directory")
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, fmt.Errorf("audio: %w", err)
		}
		defer func() { _ = root.Close() }()
		f, size, err := openIn(root, path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		info, err := Probe(f, size)
		if err != nil {
			return nil, err
		}
		return info.Attrs(), nil
	}), nil
}

// openIn opens a regular file of a directory.
func openIn(root *os.Root, path string) (*os.File, int64, error) {
	info, err := root.Stat(path)
	if err != nil {
		return nil, 0, fmt.Errorf("audio: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("audio: %s is no regular file", path)
	}
	f, err := root.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("audio: %w", err)
	}
	return f, info.Size(), nil
}

// within is path relative to dir.
func within(dir, path string) (string, error) {
	if !filepath.IsAbs(path) {
		return path, nil // os.Root refuses what leads out
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("audio: %w", err)
	}
	rel, err := filepath.Rel(abs, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("audio: output_path leads out of Root")
	}
	return rel, nil
}
