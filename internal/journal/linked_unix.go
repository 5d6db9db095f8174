//go:build unix

package journal

import "syscall"

// Linked asks the system how many names the file has; an error says nothing.
func (f *osFile) Linked() bool {
	var st syscall.Stat_t
	return syscall.Fstat(int(f.fd), &st) != nil || st.Nlink > 0
}
