package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/klauspost/compress/zstd"
)

// Real lines without names: Windows events (MIT) and an access log (Apache-2.0). Of both only every so manieth line is read, and of
// events the texts, line by line. Loghub, IoTDB and Zeek are not used: their licences do not allow it, or ask for the same licence.
const (
	eventStep, accessStep = 23, 7
	maxEvents             = 6000
)

func readLogs(dir string) ([]sentence, error) {
	if dir == "" {
		return nil, fmt.Errorf("want the directory of winevt.json.zst and apache_access.log.zst")
	}
	seen := make(map[string]bool)
	var out []sentence
	add := func(text, key string) {
		text = strings.TrimSpace(text)
		if len(text) < 4 || len(text) > 300 || seen[text] || !strings.ContainsFunc(text, unicode.IsUpper) || named(text) {
			return
		}
		seen[text] = true
		out = append(out, sentence{text: text, key: key})
	}
	err := eachLine(filepath.Join(dir, "winevt.json.zst"), eventStep, func(line []byte) error {
		var event map[string]any
		if len(out) >= maxEvents {
			return nil
		}
		if err := json.Unmarshal(line, &event); err != nil {
			return err
		}
		for _, key := range sortedKeys(event) {
			text, ok := event[key].(string)
			if !ok {
				continue
			}
			if key == "Message" {
				key = ""
			}
			for part := range strings.SplitSeq(text, "\n") {
				add(part, key)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	n := 0
	return out, eachLine(filepath.Join(dir, "apache_access.log.zst"), accessStep, func(line []byte) error {
		if n++; n <= 1000 {
			add(string(line), "")
		}
		return nil
	})
}

// named says whether a line of a log may hold the name of somebody: makers of programs and users of the lab.
func named(text string) bool {
	return slices.ContainsFunc([]string{"Corporation", "Company", "Inc", "Ltd", "Copyright", "Author", "User", "Account", "Subject", "Yahoo", "Lenovo", "SAMSUNG"},
		func(w string) bool { return strings.Contains(text, w) })
}

// eachLine calls f for one in step lines of a compressed file.
func eachLine(path string, step int, f func([]byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := zstd.NewReader(file, zstd.WithDecoderMaxWindow(1<<27), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer z.Close()
	r := bufio.NewReaderSize(z, 1<<20)
	for i := 0; ; i++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if i%step == 0 {
			if err := f(line); err != nil {
				return fmt.Errorf("%s: line %d: %w", path, i+1, err)
			}
		}
	}
}
