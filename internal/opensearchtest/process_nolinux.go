//go:build unix && !linux

package opensearchtest

import "syscall"

// dieWithParent does nothing where the kernel offers nothing: cleanups and the keeper end the nodes.
func dieWithParent(*syscall.SysProcAttr) {}
