package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// interrupt sends a signal and waits for the end, of which it returns the exit status.
func (p *process) interrupt(t testing.TB, s os.Signal) int {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience + time.Minute):
		t.Fatalf("the command goes on after %v: %s", s, p.stderr.String())
	}
	return p.ProcessState.ExitCode()
}

func TestAnInterruptedShipperLosesNothing(t *testing.T) {
	node := opensearchtest.Node(t)
	for _, tc := range []struct {
		name   string
		signal os.Signal
		fault  opensearchtest.Fault
	}{
		{"interrupted while the node takes all", syscall.SIGINT, nil},
		{"terminated while the node hangs", syscall.SIGTERM, opensearchtest.Hang()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			const total = 120_000
			proxy, stream, dir := opensearchtest.NewProxy(t, node), node.Stream(t), t.TempDir()
			input, resume := filepath.Join(dir, "in.log"), filepath.Join(dir, "in.pos")
			size := writeNumbered(t, input, total)
			words := []string{"ship", "--to", "opensearch", "--url", proxy.URL, "--stream", stream, "--ensure-template",
				"--spool", filepath.Join(dir, "spool"), "--resume", resume, input}
			p := startCommand(t, words...)
			awaitPlace(t, p, resume, 1)
			if tc.fault != nil {
				proxy.Inject(tc.fault, 0)
			}
			if code := p.interrupt(t, tc.signal); code != exitFail || !strings.Contains(p.stderr.String(), "signal") {
				t.Errorf("exit %d: %s", code, p.stderr.String())
			}
			place := placeIn(t, resume)
			if place >= size {
				t.Fatal("the shipper was done before it could be interrupted")
			}
			if tc.fault == nil {
				if n := node.Count(t, stream); n < 20_000 || n >= total {
					t.Errorf("%d documents after the interrupt", n)
				}
			}
			proxy.Clear()
			p = startCommand(t, words...)
			<-p.ended
			if code := p.ProcessState.ExitCode(); code != exitOK {
				t.Fatalf("the second run: exit %d: %s", code, p.stderr.String())
			}
			wantNumbersOnce(t, node, stream, total)
		})
	}
}

func TestAShipperOfAStreamEndsWhenItIsTerminated(t *testing.T) {
	node := opensearchtest.Node(t)
	stream := node.Stream(t)
	stdin, lines, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	defer lines.Close()
	p := startCommandOn(t, stdin, "ship", "--to", "opensearch", "--url", node.URL, "--stream", stream, "--ensure-template")
	for i := range 100 {
		fmt.Fprintf(lines, `{"level":"INFO","msg":"m","n":%d}`+"\n", i)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if status, _ := node.Call(t, "GET", "/_data_stream/"+stream, ""); status == 200 && node.Count(t, stream) == 100 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the lines do not arrive: %s", p.stderr.String())
		}
	}
	// The input stays open, and nothing comes: there is no line at which the command could see that it is to end.
	if code := p.interrupt(t, syscall.SIGTERM); code != exitFail {
		t.Errorf("exit %d: %s", code, p.stderr.String())
	}
	wantNumbersOnce(t, node, stream, 100)
}
