package scope

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
	"time"
)

// lastTick is the newest time that an identifier was made for, see NewID.
var lastTick atomic.Uint64

// NewID returns a UUID of version 7 (RFC 9562, section 5.7): later calls of a process sort after earlier ones, whatever
// the clock does. The 12 bits after the milliseconds are a fraction of the millisecond (section 6.2, method 3), counted
// on when two calls fall into one fraction; the other 62 are from crypto/rand.
func NewID() string {
	now := time.Now()
	tick := uint64(now.UnixMilli())<<12 | uint64(now.Nanosecond()%1e6)<<12/1e6
	for {
		last := lastTick.Load()
		tick = max(tick, last+1)
		if lastTick.CompareAndSwap(last, tick) {
			break
		}
	}
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], tick>>12<<16|0x7000|tick&0xfff)
	_, _ = rand.Read(id[8:]) // never fails: it ends the process rather
	id[8] = id[8]&0x3f | 0x80

	var s [36]byte
	hex.Encode(s[:], id[:4])
	hex.Encode(s[9:], id[4:6])
	hex.Encode(s[14:], id[6:8])
	hex.Encode(s[19:], id[8:10])
	hex.Encode(s[24:], id[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// NewTrace returns a random trace identifier, never all zero.
func NewTrace() (t [16]byte) {
	for t == [16]byte{} {
		_, _ = rand.Read(t[:])
	}
	return t
}

// NewSpan returns a random span identifier, never all zero, and never with decimal digits alone in hex: 16 of these may be
// a payment card's number to who masks the record.
func NewSpan() (s [8]byte) {
	for decimal(s) {
		_, _ = rand.Read(s[:])
	}
	return s
}

func decimal(s [8]byte) bool {
	for _, b := range s {
		if b>>4 > 9 || b&15 > 9 {
			return false
		}
	}
	return true
}
