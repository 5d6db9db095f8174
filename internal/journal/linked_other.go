//go:build !unix

package journal

// Linked is always true: this system does not remove files that are open.
func (f *osFile) Linked() bool { return true }
