package opensearchtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// startTimeout bounds a node's start. It takes 10 s on an idle machine, and was seen to take more than 2 min on a busy one.
const startTimeout = 5 * time.Minute

// spec is what a node is started with.
type spec struct {
	Secured  bool
	Heap     string            // 512m
	Settings map[string]string // -E
}

// node is one process, and its directory.
type node struct {
	spec      spec
	install   installation
	dir       string
	port      int // HTTP
	transport int

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// newNode prepares a node in dir, which is its own.
func newNode(install installation, dir string, s spec) (*node, error) {
	n := &node{spec: s, install: install, dir: dir}
	for _, p := range []*int{&n.port, &n.transport} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		*p = l.Addr().(*net.TCPAddr).Port
	}
	conf := filepath.Join(dir, "config")
	err := errors.Join(
		os.CopyFS(conf, os.DirFS(filepath.Join(install.home, "config"))),
		os.Mkdir(filepath.Join(dir, "data"), 0o755),
		os.Mkdir(filepath.Join(dir, "logs"), 0o755),
		os.Mkdir(filepath.Join(dir, "tmp"), 0o755),
	)
	if err != nil {
		return nil, err
	}
	if s.Secured {
		if err := writeSecurity(conf); err != nil {
			return nil, err
		}
	}
	return n, trimOptions(filepath.Join(conf, "jvm.options"), install.java)
}

// trimOptions takes out what writes into the installation, the heap, which the node's own options set, and a module that a
// trimmed runtime lacks.
func trimOptions(file string, j java) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var out []byte
	for line := range bytes.Lines(text) {
		s := string(line)
		if strings.Contains(s, "logs/gc.log") || strings.Contains(s, "HeapDump") || strings.Contains(s, "ErrorFile") || strings.HasPrefix(s, "-Xm") ||
			j.trimmed && strings.Contains(s, "jdk.incubator.vector") {
			continue
		}
		out = append(out, line...)
	}
	return os.WriteFile(file, out, 0o644)
}

// start runs the process and returns when it serves.
func (n *node) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	log, err := os.OpenFile(n.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	// The context that a process is started under ends it; this one ends with stop.
	cmd := exec.Command(filepath.Join(n.install.home, "bin", "opensearch"), n.arguments()...) //nolint:noctx // see above
	cmd.Dir, cmd.Stdout, cmd.Stderr = n.install.home, log, log
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + n.dir, "LANG=C.UTF-8",
		"OPENSEARCH_JAVA_HOME=" + n.install.java.home, "OPENSEARCH_PATH_CONF=" + filepath.Join(n.dir, "config"),
		"OPENSEARCH_TMPDIR=" + filepath.Join(n.dir, "tmp"),
		fmt.Sprintf("OPENSEARCH_JAVA_OPTS=-Xms%s -Xmx%[1]s -XX:-AlwaysPreTouch", n.spec.Heap),
	}
	if err := nodeProcess(cmd, n.dir); err != nil {
		return err
	}
	started := make(chan error)
	n.cmd, n.done = cmd, make(chan struct{})
	go func(done chan struct{}) {
		// The kernel ends the node when the thread that started it ends, so this one is kept until the node has ended.
		runtime.LockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}(n.done)
	if err := <-started; err != nil {
		return err
	}
	if err := n.wait(ctx); err != nil {
		n.stop()
		return err
	}
	return nil
}

func (n *node) arguments() []string {
	args := []string{
		"-Epath.data=" + filepath.Join(n.dir, "data"), "-Epath.logs=" + filepath.Join(n.dir, "logs"),
		fmt.Sprintf("-Ehttp.port=%d", n.port), fmt.Sprintf("-Etransport.port=%d", n.transport), "-Enetwork.host=127.0.0.1",
	}
	settings := map[string]string{
		"discovery.type": "single-node", "cluster.routing.allocation.disk.threshold_enabled": "false",
	}
	for k, v := range n.spec.Settings {
		settings[k] = v
	}
	for k, v := range settings {
		if v != "" {
			args = append(args, "-E"+k+"="+v)
		}
	}
	return args
}

// wait returns when the node has a manager and its shards are there: an answer to GET / alone says neither.
func (n *node) wait(ctx context.Context) error {
	s := n.server()
	var last error
	for {
		status, reply, err := s.Do(ctx, "GET", "/_cluster/health?wait_for_status=yellow&timeout=10s", "")
		if err == nil && status == 200 {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("status %d: %.200s", status, reply)
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-n.done:
			return fmt.Errorf("opensearchtest: the node ended while it started: %s", n.logTail())
		case <-ctx.Done():
			return fmt.Errorf("opensearchtest: the node did not start: %w (%w): %s", context.Cause(ctx), last, n.logTail())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop kills the process and waits for its end.
func (n *node) stop() {
	if n.cmd == nil {
		return
	}
	_ = killGroup(n.cmd) // it may have ended
	<-n.done
}

func (n *node) logFile() string { return filepath.Join(n.dir, "node.log") }

func (n *node) logTail() string {
	text, err := os.ReadFile(n.logFile())
	if err != nil {
		return err.Error()
	}
	return lastLines(text, 15)
}

func (n *node) server() *Server {
	s := &Server{URL: fmt.Sprintf("http://127.0.0.1:%d", n.port), node: n}
	if n.spec.Secured {
		s.URL = fmt.Sprintf("https://127.0.0.1:%d", n.port)
		s.CAFile, s.User, s.Password = filepath.Join(n.dir, "config", "certs", "ca.pem"), adminUser, adminPassword
	}
	return s
}

// remove deletes the node's directory.
func (n *node) remove() error {
	err := os.RemoveAll(n.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func replaceAll(text []byte, old, replacement string) []byte {
	return bytes.ReplaceAll(text, []byte(old), []byte(replacement))
}
