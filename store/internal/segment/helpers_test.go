package segment

import (
	"encoding/binary"
	"testing"
)

// describeForTest returns the description of b's records as the reader sees it, behind the directory of blocks.
func describeForTest(t testing.TB, b *Batch) []byte {
	t.Helper()
	data, err := Encode(b, Fast)
	if err != nil {
		t.Fatal(err)
	}
	foot := data[len(data)-footerLen:]
	stored := int(binary.LittleEndian.Uint32(foot[4:]))
	z := data[len(data)-footerLen-stored : len(data)-footerLen]
	raw, err := unzip().DecodeAll(z, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Segment{}
	c := &cursor{b: raw}
	s.readBlocks(c, int64(len(data)))
	return c.bytes()
}
