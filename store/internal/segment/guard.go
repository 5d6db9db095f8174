package segment

import "runtime"

// guard makes an error of an index that a forged description has led astray. Checksums keep accidents from coming here.
func guard(err *error) {
	if p := recover(); p != nil {
		if _, ok := p.(runtime.Error); !ok {
			panic(p)
		}
		*err = corrupt("inconsistent description: %v", p)
	}
}

func guarded(f func() error) (err error) {
	defer guard(&err)
	return f()
}
