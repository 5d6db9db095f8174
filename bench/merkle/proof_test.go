// Package merkle checks the audit trail's proofs and tiles with an implementation of Merkle trees that is not ours.
package merkle

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/sluicelog/sluice/audit"
)

func write(t *testing.T, dir string, n int) {
	t.Helper()
	trail, err := audit.Open(dir, &audit.Options{CheckpointEntries: 100, EpochEntries: 200})
	if err != nil {
		t.Fatal(err)
	}
	h, err := audit.NewHandler(nil, nil, trail)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := audit.Log(context.Background(), slog.New(h), "Configuration changed", audit.Event{Action: "config.change"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := trail.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestProofsAndTilesPassAnotherImplementation(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 700)
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	// The root from the leaf hashes in the tiles.
	hasher := rfc6962.DefaultHasher
	r := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
	for n := uint64(0); n < size; n += 256 {
		path := filepath.Join(dir, "tile", "0", "00"+strconv.FormatUint(n/256, 10))
		if size-n < 256 {
			path = filepath.Join(path+".p", strconv.FormatUint(size-n, 10))
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for ; len(b) >= sha256.Size; b = b[sha256.Size:] {
			if err := r.Append(b[:sha256.Size:sha256.Size], nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := r.GetRootHash(nil)
	if err != nil || string(got) != string(root) {
		t.Errorf("root of the tiles %x, of the checkpoint %x: %v", got, root, err)
	}
	for _, i := range []uint64{0, 1, 255, 256, 511, 600, size - 1} {
		_, in, err := audit.Prove(dir, int64(i))
		if err != nil {
			t.Fatal(err)
		}
		var hashes [][]byte
		for _, h := range in.Proof {
			hashes = append(hashes, h[:])
		}
		if err := proof.VerifyInclusion(hasher, i, size, hasher.HashLeaf([]byte(in.Entry)), hashes, root); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
	}
	_, consistency, err := audit.ProveConsistency(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, first, err := audit.Prove(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	var hashes [][]byte
	for _, h := range consistency {
		hashes = append(hashes, h[:])
	}
	if err := proof.VerifyConsistency(hasher, 1, size, hashes, hasher.HashLeaf([]byte(first.Entry)), root); err != nil {
		t.Error(err)
	}
}
