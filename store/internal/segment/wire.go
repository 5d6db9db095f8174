package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrCorrupt is wrapped by every error about bytes of a segment that are not what the format says.
var ErrCorrupt = errors.New("corrupt segment")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// meta is the description of a segment while it is written: varints, strings and the places of streams.
type meta struct{ b []byte }

func (m *meta) byte(c byte)     { m.b = append(m.b, c) }
func (m *meta) uint(u uint64)   { m.b = binary.AppendUvarint(m.b, u) }
func (m *meta) int(v int64)     { m.b = binary.AppendVarint(m.b, v) }
func (m *meta) bytes(s []byte)  { m.uint(uint64(len(s))); m.b = append(m.b, s...) }
func (m *meta) stream(s stream) { m.uint(uint64(s.block)); m.uint(uint64(s.off)); m.uint(uint64(s.n)) }

// cursor reads what meta has written. After the first error every read returns zero.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) fail(what string) {
	if c.err == nil {
		c.err = corrupt("description: %s", what)
	}
	c.b = nil
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.fail("it ends early")
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cursor) uint() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail("no number where one is expected")
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) int() int64 {
	v, n := binary.Varint(c.b)
	if n <= 0 {
		c.fail("no number where one is expected")
		return 0
	}
	c.b = c.b[n:]
	return v
}

// count reads a number that may not be larger than most.
func (c *cursor) count(most int) int {
	v := c.uint()
	if v > uint64(most) {
		c.fail(fmt.Sprintf("%d where at most %d is possible", v, most))
		return 0
	}
	return int(v)
}

// bytes returns a slice of the description itself.
func (c *cursor) bytes() []byte {
	n := c.count(len(c.b))
	if n > len(c.b) {
		c.fail("a string that ends behind it")
	}
	if c.err != nil {
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) stream() stream {
	return stream{block: c.count(maxBlocks), off: c.count(maxRaw), n: c.count(maxRaw)}
}
