package template_test

import (
	"archive/tar"
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/sluicelog/sluice/template"
)

// accuracy compares a grouping with labels. GA is the share of messages whose group is exactly the messages of one label;
// FGA is the harmonic mean of the shares of groups and of labels for which that holds. (Jiang et al., A Large-Scale Evaluation
// for Log Parsing Techniques, ISSTA 2024.)
func accuracy(ids []uint64, labels []string) (ga, fga float64) {
	groups, size := map[uint64]map[string]int{}, map[string]int{}
	for i, id := range ids {
		if groups[id] == nil {
			groups[id] = map[string]int{}
		}
		groups[id][labels[i]]++
		size[labels[i]]++
	}
	messages, exact := 0, 0
	for _, members := range groups {
		for label, n := range members {
			if len(members) == 1 && n == size[label] {
				messages, exact = messages+n, exact+1
			}
		}
	}
	return float64(messages) / float64(len(ids)), 2 * float64(exact) / float64(len(groups)+len(size))
}

// mine groups messages in one pass. The grouping is what a reader finds at the end: IDs of templates that became part of another
// are resolved.
func mine(messages []string) []uint64 {
	m := template.NewMiner(nil)
	ids := make([]uint64, len(messages))
	for i, msg := range messages {
		t, _ := m.Match(msg)
		ids[i] = t.ID()
	}
	for i := range ids {
		ids[i] = m.Resolve(ids[i])
	}
	return ids
}

// shared names a file of the labelled data, which is not part of the repository.
func shared(t *testing.T, path string) string {
	t.Helper()
	dir := os.Getenv("SLUICE_SHARED")
	if dir == "" {
		t.Skip("SLUICE_SHARED is not set: the labelled data is not here, nothing measured")
	}
	return filepath.Join(dir, filepath.FromSlash(path))
}

func TestGroupingOfTheLabelledLogs(t *testing.T) {
	var sumGA, sumFGA float64
	systems := labelled(t, shared(t, "data/logs/loghub-2k.tar.zst"))
	names := make([]string, 0, len(systems))
	for name := range systems {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := systems[name]
		ga, fga := accuracy(mine(s.messages), s.labels)
		t.Logf("%-12s GA %.3f  FGA %.3f", name, ga, fga)
		sumGA, sumFGA = sumGA+ga, sumFGA+fga
	}
	n := float64(len(systems))
	t.Logf("mean of %d   GA %.4f FGA %.4f", len(systems), sumGA/n, sumFGA/n)
	if len(systems) != 16 || sumGA/n < 0.80 {
		t.Errorf("mean grouping accuracy %.4f over %d systems: want at least 0.80 over 16", sumGA/n, len(systems))
	}
}

type system struct{ messages, labels []string }

// labelled reads the *_structured.csv files of an archive.
func labelled(t testing.TB, path string) map[string]*system {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	systems := map[string]*system{}
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return systems
		}
		if err != nil {
			t.Fatal(err)
		}
		name, ok := strings.CutSuffix(filepath.Base(h.Name), "_2k.log_structured.csv")
		if !ok {
			continue
		}
		rows, err := csv.NewReader(archive).ReadAll()
		if err != nil {
			t.Fatal(h.Name, err)
		}
		content, event := slices.Index(rows[0], "Content"), slices.Index(rows[0], "EventId")
		s := &system{}
		for _, row := range rows[1:] {
			s.messages, s.labels = append(s.messages, row[content]), append(s.labels, row[event])
		}
		systems[name] = s
	}
}

// forms are the message shapes of the generated stream, and those of the errors in it.
var forms = []string{
	`request received`, `token verified`, `upload of \d+ bytes completed in \d+ parts`,
	`dequeued job for \S+ after \S+ ms, queue depth \d+`, `stage started`, `model \S+ loaded from cache`, `processed \d+% of \d+ frames`,
	`stage \S+ failed`, `retrying stage \S+ in \d+ ms`, `request failed`, `quality score \S+ below threshold \S+`, `stage completed`,
	`slow stage: \S+ took \S+ ms \(budget 5000 ms\)`, `SELECT id, state, attempts FROM jobs WHERE audio_id = \$1 FOR UPDATE`,
	`request completed`, `heartbeat`,
	`decode frame \d+: invalid data found when processing input`, `CUDA out of memory: tried to allocate \d+ MiB`,
	`context deadline exceeded after \d+ ms`, `rpc error: code = Unavailable desc = connection refused \S+`, `encoder returned \d+`,
	`write /var/spool/out/part-\d+: no space left on device`, `PutObject: SlowDown: reduce your request rate \(attempt \d+\)`,
	`Post https://hooks.example.net/cb/\d+: connection reset by peer`,
}

func TestGroupingOfTheGeneratedStreamIsExact(t *testing.T) {
	dir := shared(t, "gen")
	if testing.Short() {
		t.Skip("builds and runs a generator")
	}
	bin := filepath.Join(t.TempDir(), "gen")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	gen := exec.CommandContext(t.Context(), bin, "-n", "300000")
	out, err := gen.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gen.Start(); err != nil {
		t.Fatal(err)
	}
	var shapes []*regexp.Regexp
	for _, f := range forms {
		shapes = append(shapes, regexp.MustCompile("^"+f+"$"))
	}
	var messages, labels []string
	label := func(msg string) {
		i := slices.IndexFunc(shapes, func(s *regexp.Regexp) bool { return s.MatchString(msg) })
		if i < 0 {
			t.Fatalf("message of no known shape: %q", msg)
		}
		messages, labels = append(messages, msg), append(labels, fmt.Sprint(i))
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var r struct {
			Msg   string
			Error struct{ Message string }
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		label(r.Msg)
		if r.Error.Message != "" {
			label(r.Error.Message)
		}
	}
	if err := gen.Wait(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range labels {
		seen[l] = true
	}
	ga, fga := accuracy(mine(messages), labels)
	t.Logf("%d messages of %d shapes: GA %v FGA %v", len(messages), len(seen), ga, fga)
	if ga != 1 || fga != 1 || len(seen) < 20 {
		t.Errorf("GA %v, FGA %v on %d shapes: want 1 and 1 on at least 20", ga, fga, len(seen))
	}
}

func TestAccuracyFindsWrongGroups(t *testing.T) {
	labels := []string{"a", "a", "b", "b", "c", "c"}
	for _, tc := range []struct {
		ids     []uint64
		ga, fga float64
	}{
		{[]uint64{1, 1, 2, 2, 3, 3}, 1, 1},
		{[]uint64{1, 1, 2, 2, 3, 4}, 4. / 6, 4. / 7},
		{[]uint64{1, 1, 2, 2, 2, 2}, 2. / 6, 2. / 5},
		{[]uint64{1, 1, 1, 1, 1, 1}, 0, 0},
	} {
		if ga, fga := accuracy(tc.ids, labels); ga != tc.ga || fga != tc.fga {
			t.Errorf("%v: GA %v FGA %v, want %v and %v", tc.ids, ga, fga, tc.ga, tc.fga)
		}
	}
}
