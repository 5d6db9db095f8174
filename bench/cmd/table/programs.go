package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// program runs another command of this module, which prints tables itself. Lacks says what is missing for it, empty when nothing is.
func program(title string, lacks func() string, name string, args ...string) {
	fmt.Printf("\n## %s\n\n", title)
	if why := lacks(); why != "" {
		fmt.Printf("Not measured: %s.\n", why)
		return
	}
	cmd := exec.Command("go", append([]string{"run", "github.com/sluicelog/sluice/bench/cmd/" + name}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Printf("\nNot measured to its end: %s: %v.\n", name, err)
	}
}

// shared says whether the records are there that are no part of this repository.
func shared() string {
	if os.Getenv("SLUICE_SHARED") == "" {
		return "SLUICE_SHARED is not set, which names the directory of the generator, the log files and the labelled corpus"
	}
	return ""
}

// node says whether there can be an OpenSearch.
func node() string {
	if os.Getenv("OPENSEARCH_URL") != "" {
		return ""
	}
	for _, name := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(name); err != nil {
			return "OPENSEARCH_URL is not set, and there is no " + name + " on the PATH to start a node with"
		}
	}
	return ""
}

// ratio compresses real log files.
func ratio(int) {
	var files []string
	if why := shared(); why == "" {
		for _, pattern := range []string{"*.json.zst", "*.log.zst"} {
			found, err := filepath.Glob(filepath.Join(os.Getenv("SLUICE_SHARED"), "data", "logs", pattern))
			if err != nil {
				fail(err)
			}
			files = append(files, found...)
		}
	}
	lacks := func() string {
		if why := shared(); why != "" {
			return why
		}
		if len(files) == 0 {
			return "there are no files in $SLUICE_SHARED/data/logs"
		}
		return ""
	}
	program("What real logs take in the store, beside compressors of whole files", lacks, "storeratio", files...)
}
