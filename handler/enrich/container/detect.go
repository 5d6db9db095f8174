// Package container finds out in which container, pod, namespace and node a process runs, from what is in it already:
// environment variables and files of the Kubernetes downward API, and the process's own control group and mounts. It asks no
// server, so it neither waits nor fails.
//
//	h := enrich.NewHandler(next, &enrich.Options{Attrs: container.Attrs()})
//
// # What it reads
//
//	pod        POD_NAME, K8S_POD_NAME or MY_POD_NAME; /etc/podinfo/name; in a cluster HOSTNAME
//	namespace  POD_NAMESPACE, K8S_NAMESPACE or MY_POD_NAMESPACE; /etc/podinfo/namespace; the namespace of the service account
//	node       NODE_NAME, K8S_NODE_NAME or MY_NODE_NAME; /etc/podinfo/node
//	pod_uid    POD_UID or K8S_POD_UID; /etc/podinfo/uid; the control group
//	container  the identifier of 64 hex digits in the control group (version 1) or the mounts (version 2)
//	container_name  CONTAINER_NAME or K8S_CONTAINER_NAME
//
// A variable goes before a file. The downward API puts these there when a pod's manifest says so:
//
//	env:
//	- {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
//	- {name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
package container

import (
	"bufio"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// Attrs returns what is known, under the keys pod, namespace, node, pod_uid, container and container_name; nil outside any
// container.
func Attrs() []slog.Attr { return detect(os.DirFS("/"), os.Getenv) }

// limits of what is read and believed.
const (
	maxFile  = 1 << 20
	maxValue = 253 // of a name in Kubernetes (RFC 1123 subdomain)
)

func detect(root fs.FS, getenv func(string) string) []slog.Attr {
	var attrs []slog.Attr
	add := func(key string, values ...string) {
		for _, v := range values {
			if v = strings.TrimSpace(v); v != "" && len(v) <= maxValue && isName(v) {
				attrs = append(attrs, slog.String(key, v))
				return
			}
		}
	}
	env := func(names ...string) string {
		for _, n := range names {
			if v := getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	file := func(path string) string { return read(root, path) }
	host := ""
	if getenv("KUBERNETES_SERVICE_HOST") != "" {
		host = getenv("HOSTNAME")
	}
	uid, id := identifiers(root)
	add("pod", env("POD_NAME", "K8S_POD_NAME", "MY_POD_NAME"), file("etc/podinfo/name"), host)
	add("namespace", env("POD_NAMESPACE", "K8S_NAMESPACE", "MY_POD_NAMESPACE"), file("etc/podinfo/namespace"),
		file("var/run/secrets/kubernetes.io/serviceaccount/namespace"))
	add("node", env("NODE_NAME", "K8S_NODE_NAME", "MY_NODE_NAME"), file("etc/podinfo/node"))
	add("pod_uid", env("POD_UID", "K8S_POD_UID"), file("etc/podinfo/uid"), uid)
	add("container", id)
	add("container_name", env("CONTAINER_NAME", "K8S_CONTAINER_NAME"))
	return attrs
}

// isName says whether s is made of what names and identifiers are made of: a file of somebody else's is no name.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

func read(root fs.FS, path string) string {
	f, err := root.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	data, _ := io.ReadAll(io.LimitReader(f, maxValue+2))
	return string(data)
}

// identifiers finds the pod's and the container's in the paths of the process's control groups, else in those of the files
// that the runtime mounts into a container (hostname, hosts, resolv.conf).
func identifiers(root fs.FS) (pod, id string) {
	lines(root, "proc/self/cgroup", func(line string) {
		if pod == "" {
			pod = podUID(line)
		}
		// 12:memory:/kubepods/…/pod<uid>/<id>, and with systemd …/cri-containerd-<id>.scope
		path := line[strings.LastIndexByte(line, ':')+1:]
		if found := hex64(path[strings.LastIndexByte(path, '/')+1:]); id == "" && found != "" {
			id = found
		}
	})
	if id != "" && pod != "" {
		return pod, id
	}
	lines(root, "proc/self/mountinfo", func(line string) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			return
		}
		source, target := fields[3], fields[4]
		if pod == "" && strings.Contains(source, "/pods/") {
			pod = podUID(strings.Replace(source, "/pods/", "/pod", 1))
		}
		switch target {
		case "/etc/hostname", "/etc/hosts", "/etc/resolv.conf":
			if !strings.Contains(source, "sandbox") && id == "" { // the sandbox is that of the pod
				id = hex64(source)
			}
		}
	})
	return pod, id
}

func lines(root fs.FS, path string, each func(string)) {
	f, err := root.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	s := bufio.NewScanner(io.LimitReader(f, maxFile))
	for s.Scan() {
		each(s.Text())
	}
}

// hex64 is the first run of exactly 64 lower-case hex digits in s.
func hex64(s string) string {
	n := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f') {
			n++
			continue
		}
		if n == 64 {
			return s[i-64 : i]
		}
		n = 0
	}
	return ""
}

// podUID is the UUID after "pod" in the path of a control group, whose hyphens systemd turns into underscores.
func podUID(s string) string {
	for {
		at := strings.Index(s, "pod")
		if at < 0 {
			return ""
		}
		if s = s[at+3:]; len(s) < 36 {
			return ""
		}
		uid := strings.ReplaceAll(s[:36], "_", "-")
		ok := true
		for i := range len(uid) {
			hyphen := i == 8 || i == 13 || i == 18 || i == 23
			c := uid[i]
			ok = ok && (hyphen && c == '-' || !hyphen && (c >= '0' && c <= '9' || c >= 'a' && c <= 'f'))
		}
		if ok {
			return uid
		}
	}
}
