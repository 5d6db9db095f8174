package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// FileSink appends events as JSON lines to a file, with an fsync each. It has no proof of anything: it is a second place.
type FileSink struct {
	path string
	mu   sync.Mutex
	f    *os.File
	err  error
}

// NewFileSink opens or makes the file. A FIFO will do; opening one waits for its reader.
func NewFileSink(path string) (*FileSink, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return &FileSink{path: path, f: f}, nil
}

// Name is the sink's name in errors.
func (s *FileSink) Name() string { return "file " + s.path }

// Record appends the event. A file that somebody removed or renamed is an error, and so is everything after a failed fsync.
func (s *FileSink) Record(_ context.Context, b Body) error {
	line, err := json.Marshal(b)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if err := s.there(); err != nil {
		return err
	}
	if _, err := s.f.Write(append(line, '\n')); err != nil {
		return err
	}
	i, err := s.f.Stat()
	if err == nil && i.Mode().IsRegular() {
		if err = s.f.Sync(); err != nil {
			s.err = fmt.Errorf("an earlier fsync failed: %w", err)
		}
	}
	return err
}

func (s *FileSink) there() error {
	mine, err := s.f.Stat()
	if err != nil {
		return err
	}
	found, err := os.Stat(s.path)
	switch {
	case err != nil:
		return err
	case !os.SameFile(mine, found):
		return errors.New("another file has its name")
	}
	return nil
}

// Healthy returns why the file cannot be written, nil when it can.
func (s *FileSink) Healthy() error {
	if !s.mu.TryLock() {
		return nil // a call runs; the handler counts those that hang
	}
	defer s.mu.Unlock()
	if s.err != nil {
		return fmt.Errorf("audit: %s: %w", s.Name(), s.err)
	}
	if err := s.there(); err != nil {
		return fmt.Errorf("audit: %s: %w", s.Name(), err)
	}
	return nil
}

// Close closes the file.
func (s *FileSink) Close() error { return s.f.Close() }
