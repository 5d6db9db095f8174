package container

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	id  = "3f4a1c0b9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a"
	uid = "0f3c2a1b-1111-2222-3333-444455556666"
)

func TestWhatIsFound(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, tc := range map[string]struct {
		fs   fstest.MapFS
		env  map[string]string
		want string
	}{
		"no container": {fstest.MapFS{"proc/self/cgroup": file("0::/user.slice\n")}, map[string]string{"HOSTNAME": "laptop"}, "[]"},
		"environment": {nil, map[string]string{"POD_NAME": "web-1", "POD_NAMESPACE": "shop", "NODE_NAME": "n-3", "POD_UID": uid, "CONTAINER_NAME": "web"},
			"[pod=web-1 namespace=shop node=n-3 pod_uid=" + uid + " container_name=web]"},
		"files of the downward API": {fstest.MapFS{"etc/podinfo/name": file("web-2\n"), "etc/podinfo/namespace": file("shop"), "etc/podinfo/node": file("n-4"), "etc/podinfo/uid": file(uid)}, nil,
			"[pod=web-2 namespace=shop node=n-4 pod_uid=" + uid + "]"},
		"nothing but the cluster": {fstest.MapFS{"var/run/secrets/kubernetes.io/serviceaccount/namespace": file("shop")}, map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "web-3"},
			"[pod=web-3 namespace=shop]"},
		"docker, version 1":     {fstest.MapFS{"proc/self/cgroup": file("12:memory:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n")}, nil, "[container=" + id + "]"},
		"kubernetes, version 1": {fstest.MapFS{"proc/self/cgroup": file("11:cpu:/kubepods/burstable/pod" + uid + "/" + id + "\n")}, nil, "[pod_uid=" + uid + " container=" + id + "]"},
		"kubernetes by systemd": {fstest.MapFS{"proc/self/cgroup": file("0::/kubepods.slice/kubepods-pod" + strings.ReplaceAll(uid, "-", "_") + ".slice/cri-containerd-" + id + ".scope\n")}, nil,
			"[pod_uid=" + uid + " container=" + id + "]"},
		"version 2": {fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "proc/self/mountinfo": file(fmt.Sprintf(
			"1 2 0:1 / / rw - overlay o rw\n3 2 8:1 /var/lib/containers/%s/hostname /etc/hostname rw - ext4 /dev/sda rw\n4 2 8:1 /var/lib/kubelet/pods/%s/etc-hosts /etc/hosts rw - ext4 x rw\n", id, uid))}, nil,
			"[pod_uid=" + uid + " container=" + id + "]"},
		"the pod's sandbox is not the container": {fstest.MapFS{"proc/self/mountinfo": file("3 2 8:1 /run/io.containerd/sandboxes/" + id + "/hostname /etc/hostname rw - ext4 /dev/sda rw\n")}, nil, "[]"},
		"what is no name":                        {fstest.MapFS{"etc/podinfo/name": file("a\nb"), "etc/podinfo/node": file(strings.Repeat("n", 1000)), "proc/self/cgroup": file(strings.Repeat("pod", 100) + id + "ff\n")}, map[string]string{"POD_NAMESPACE": "x y"}, "[]"},
	} {
		got := fmt.Sprint(detect(tc.fs, func(k string) string { return tc.env[k] }))
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	_ = Attrs() // on whatever this is
}

func FuzzDetect(f *testing.F) {
	f.Add("0::/kubepods/pod"+uid+"/"+id, "1 2 3 /pods/"+uid+" /etc/hostname", "name")
	f.Fuzz(func(t *testing.T, cgroup, mounts, name string) {
		fs := fstest.MapFS{"proc/self/cgroup": {Data: []byte(cgroup)}, "proc/self/mountinfo": {Data: []byte(mounts)}, "etc/podinfo/name": {Data: []byte(name)}}
		for _, a := range detect(fs, func(string) string { return "" }) {
			if v := a.Value.String(); !isName(v) || v == "" || a.Key == "container" && len(v) != 64 || a.Key == "pod_uid" && len(v) != 36 {
				t.Fatal(a)
			}
		}
	})
}
