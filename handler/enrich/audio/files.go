package audio

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

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
