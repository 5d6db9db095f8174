// Command opensearch runs an OpenSearch node for development, and for a run of many test binaries:
//
//	go run ./internal/opensearchtest/cmd/opensearch            # prints the URL, runs until it is interrupted
//	go run ./internal/opensearchtest/cmd/opensearch -secured   # with TLS and users
//	go run ./internal/opensearchtest/cmd/opensearch -- go test ./handler/opensearch/...
//
// It is the node that the tests of this machine share. The last form runs a command with OPENSEARCH_URL set and ends with the
// command's exit status.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func main() {
	secured := flag.Bool("secured", false, "with the security plugin: HTTPS, and users")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	status, err := run(ctx, *secured, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "opensearch:", err)
	}
	os.Exit(status)
}

func run(ctx context.Context, secured bool, command []string) (int, error) {
	s, err := opensearchtest.Hold(ctx, secured)
	if err != nil {
		return 1, err
	}
	if len(command) == 0 {
		fmt.Println(s.URL)
		if secured {
			fmt.Printf("authority %s\nuser %s\npassword %s\n", s.CAFile, s.User, s.Password)
		}
		<-ctx.Done()
		return 0, nil
	}
	if secured {
		return 2, errors.New("-secured takes no command: its tests find the node by themselves")
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "OPENSEARCH_URL="+s.URL)
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
