package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ReadAnchors reads the checkpoints that a log has sent out: from a stream of JSON lines, such as the process's log, where a
// string named note at any depth holds one, or of signed notes one behind the other, such as a FileWitness writes. Whatever
// else is in the stream is passed over. Signatures are not checked: an anchor is trusted for where it was kept.
func ReadAnchors(r io.Reader) ([]Checkpoint, error) {
	in := bufio.NewReader(r)
	var out []Checkpoint
	var plain []string
	for {
		line, err := in.ReadString('\n')
		if strings.HasPrefix(strings.TrimSpace(line), "{") {
			var v any
			if json.Unmarshal([]byte(line), &v) == nil {
				walkNotes(v, func(text string) {
					if c, ok := anchorOf(text); ok {
						out = append(out, c)
					}
				})
			}
			plain = plain[:0]
		} else if line != "" {
			plain = append(plain, strings.TrimSuffix(line, "\n"))
		}
		if n := len(plain); n >= 3 && strings.HasPrefix(plain[n-1], "— ") {
			// The signature ends a note whose text stands before the empty line in front of it.
			for start := n - 2; start >= 0; start-- {
				if c, ok := anchorOf(strings.Join(plain[start:n], "\n") + "\n"); ok {
					out, plain = append(out, c), plain[:0]
					break
				}
			}
		}
		if len(plain) > 64 {
			plain = plain[len(plain)-32:]
		}
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("audit: anchors: %w", err)
		}
	}
}

func anchorOf(text string) (Checkpoint, bool) {
	body, _, ok := strings.Cut(text, "\n\n— ")
	if !ok {
		return Checkpoint{}, false
	}
	c, err := parseCheckpoint(body + "\n")
	c.Note = []byte(text)
	return c, err == nil && c.Origin != ""
}

func walkNotes(v any, found func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if s, ok := e.(string); ok && (k == "note" || strings.HasSuffix(k, ".note")) {
				found(s)
				continue
			}
			walkNotes(e, found)
		}
	case []any:
		for _, e := range v {
			walkNotes(e, found)
		}
	}
}

// readKey reads the public key in a log's directory.
func readKey(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, PublicKeyFile))
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
