package system

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// cgroupSource reads the limits of the control group that the process is in, version 1 or 2 (Linux kernel documentation,
// admin-guide/cgroup-v1 and cgroup-v2), from a file system with proc and sys. Without them there are no limits.
func cgroupSource(root fs.FS) source {
	return func(_ context.Context, s *Snapshot) error {
		groups, err := groupsOf(root)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				return nil
			}
			return fmt.Errorf("system: cgroup: %w", err)
		}
		g := cgroup{root}
		if cores, ok := g.cpu(groups); ok && !(s.CPULimit < cores) {
			s.CPULimit = cores
		}
		if limit, used, ok := g.memory(groups); ok {
			if s.MemoryLimit == 0 || limit < s.MemoryLimit {
				s.MemoryLimit, s.MemoryUsed = limit, used
			}
		}
		return nil
	}
}

// groupsOf returns the path of the process's group by controller; that of version 2 has an empty name.
func groupsOf(root fs.FS) (map[string]string, error) {
	data, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	groups := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		// number:controllers:path
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for c := range strings.SplitSeq(parts[1], ",") {
			groups[c] = parts[2]
		}
	}
	return groups, nil
}

type cgroup struct{ root fs.FS }

// climb reads a file of a group and of those around it, up to the root of the hierarchy: a limit holds for all below. Inside
// a container the group's own path is often not there, only the root.
func (g cgroup) climb(mount, group, file string, each func(text, dir string)) {
	group = path.Clean("/" + group)
	for {
		dir := path.Join(mount, group)
		if data, err := fs.ReadFile(g.root, path.Join(dir, file)); err == nil {
			each(strings.TrimSpace(string(data)), dir)
		}
		if group == "/" {
			return
		}
		group = path.Dir(group)
	}
}

// cpu is the least number of cores that a quota allows.
func (g cgroup) cpu(groups map[string]string) (cores float64, ok bool) {
	least := func(quota, period float64) {
		if quota > 0 && period > 0 && (!ok || quota/period < cores) {
			cores, ok = quota/period, true
		}
	}
	if group, in := groups[""]; in {
		g.climb("sys/fs/cgroup", group, "cpu.max", func(text, _ string) {
			quota, period, _ := strings.Cut(text, " ")
			least(number(quota), number(period)) // the quota may be "max"
		})
	}
	for _, mount := range []string{"sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"} {
		if group, in := groups["cpu"]; in {
			g.climb(mount, group, "cpu.cfs_quota_us", func(text, dir string) {
				period, err := fs.ReadFile(g.root, path.Join(dir, "cpu.cfs_period_us"))
				if err == nil {
					least(number(text), number(strings.TrimSpace(string(period))))
				}
			})
		}
	}
	return cores, ok
}

// unlimited is what version 1 says for no limit, about: the greatest page-aligned int64.
const unlimited = 1 << 62

// memory is the least limit, and what is used of it: without the page cache that the kernel gives back first, as container
// platforms count it.
func (g cgroup) memory(groups map[string]string) (limit, used uint64, ok bool) {
	read := func(mount, group, max, current, cache string) {
		g.climb(mount, group, max, func(text, dir string) {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil || n == 0 || n >= unlimited || ok && n >= limit {
				return
			}
			limit, used, ok = n, 0, true
			data, err := fs.ReadFile(g.root, path.Join(dir, current))
			if err != nil {
				return
			}
			used, _ = strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64)
			if inactive := g.stat(path.Join(dir, "memory.stat"), cache); inactive < used {
				used -= inactive
			}
		})
	}
	if group, in := groups[""]; in {
		read("sys/fs/cgroup", group, "memory.max", "memory.current", "inactive_file")
	}
	if group, in := groups["memory"]; in {
		read("sys/fs/cgroup/memory", group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
	}
	return limit, used, ok
}

// stat is a figure of a file of "name number" lines, 0 for none.
func (g cgroup) stat(file, name string) uint64 {
	data, err := fs.ReadFile(g.root, file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && key == name {
			n, _ := strconv.ParseUint(value, 10, 64)
			return n
		}
	}
	return 0
}

// number is a decimal number, 0 for anything else.
func number(text string) float64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return float64(n)
}
