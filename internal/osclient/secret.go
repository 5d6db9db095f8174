package osclient

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Secret is a password, a token, or the place of one: file:PATH or env:NAME. What is in a file is read again when OpenSearch
// refuses it, and every now and then, so that it can be rotated; a line end after it does not count. No method shows it.
type Secret string

const shown = "[REDACTED]"

// String does not tell the secret; it tells a place.
func (s Secret) String() string {
	if s == "" || s.place() {
		return string(s)
	}
	return shown
}

// Format writes String for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText does not tell the secret either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue does not tell the secret either.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (s Secret) place() bool {
	return strings.HasPrefix(string(s), "file:") || strings.HasPrefix(string(s), "env:")
}

// maxSecret bounds what is read from a file: a wrong path is no reason to read a disk.
const maxSecret = 64 << 10

// read returns the secret itself.
func (s Secret) read() (string, error) {
	if name, ok := strings.CutPrefix(string(s), "env:"); ok {
		v := os.Getenv(name)
		if v == "" {
			return "", fmt.Errorf("environment variable %s is empty or not set", name)
		}
		return v, printable("environment variable "+name, v)
	}
	path, ok := strings.CutPrefix(string(s), "file:")
	if !ok {
		return string(s), printable("it", string(s))
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	v := strings.TrimRight(string(text), "\r\n")
	switch {
	case v == "":
		return "", fmt.Errorf("file %s is empty", path)
	case len(text) > maxSecret:
		return "", fmt.Errorf("file %s is longer than 64 KiB", path)
	}
	return v, printable("file "+path, v)
}

// printable refuses what cannot stand in a header.
func printable(what, v string) error {
	if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%s has a control character or several lines", what)
	}
	return nil
}
