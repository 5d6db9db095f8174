package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// witnessServer is a C2SP tlog-witness that knows one log. Its cosignatures are plain Ed25519 signatures of the note.
type witnessServer struct {
	t        *testing.T
	verifier func() note.Verifier
	signer   note.Signer
	key      string
	mu       sync.Mutex
	last     Checkpoint
	proofs   int
}

func newWitnessServer(t *testing.T) *witnessServer {
	skey, vkey, err := note.GenerateKey(nil, "witness.example")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return &witnessServer{t: t, signer: s, key: vkey}
}

func (w *witnessServer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	head, msg, ok := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if r.URL.Path != "/add-checkpoint" || !ok || err != nil {
		http.Error(rw, "bad", http.StatusBadRequest)
		return
	}
	text, _, _ := strings.Cut(string(msg), "\n\n")
	c, err := parseCheckpoint(text + "\n")
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	if old != w.last.Size {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintln(rw, w.last.Size)
		return
	}
	var proof tlog.TreeProof
	for _, l := range lines[1:] {
		var h tlog.Hash
		b, _ := base64.StdEncoding.DecodeString(l)
		copy(h[:], b)
		proof = append(proof, h)
	}
	if old > 0 && old < c.Size {
		if err := tlog.CheckTree(proof, c.Size, c.Root, old, w.last.Root); err != nil {
			http.Error(rw, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.proofs++
	}
	w.last = c
	sig, err := w.signer.Sign([]byte(text + "\n"))
	if err != nil {
		w.t.Error(err)
	}
	var hash [4]byte
	binary.BigEndian.PutUint32(hash[:], w.signer.KeyHash())
	fmt.Fprintf(rw, "— %s %s\n", w.signer.Name(), base64.StdEncoding.EncodeToString(append(hash[:], sig...)))
}

func TestWitnessesSeeEveryCheckpointAndAProof(t *testing.T) {
	w := newWitnessServer(t)
	srv := httptest.NewServer(w)
	defer srv.Close()
	client, err := NewHTTPWitness(srv.URL, w.key, srv.Client())
	if err != nil {
		t.Fatal(err)
	}
	o := small()
	o.Witnesses = []Witness{client}
	dir := t.TempDir()
	write(t, dir, 300, o)
	r := mustVerify(t, dir, nil)
	if w.last.Size != r.Entries || w.proofs < 3 {
		t.Errorf("the witness has %d of %d entries, %d proofs", w.last.Size, r.Entries, w.proofs)
	}
	v, err := note.NewVerifier(w.key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(client.Cosigned(), note.VerifierList(v)); err != nil {
		t.Error(err)
	}
	// Another process knows nothing of the witness's size, and is told.
	client, _ = NewHTTPWitness(srv.URL, w.key, srv.Client())
	o.Witnesses = []Witness{client}
	write(t, dir, 20, o)
	if w.last.Size <= r.Entries {
		t.Errorf("the witness stays at %d", w.last.Size)
	}
	// A log that was rolled back is told so.
	var told []error
	var mu sync.Mutex
	o.OnError = func(err error) { mu.Lock(); told = append(told, err); mu.Unlock() }
	client, _ = NewHTTPWitness(srv.URL, w.key, srv.Client())
	o.Witnesses = []Witness{client}
	tr := mustOpen(t, t.TempDir(), o)
	mustClose(t, tr)
	if len(told) == 0 || !strings.Contains(fmt.Sprint(told), "rolled back") {
		t.Errorf("%v", told)
	}
	srv.CloseClientConnections()
}

func TestAnchorsAreReadFromLogsAndNotes(t *testing.T) {
	var buf bytes.Buffer
	buf.WriteString("not JSON\n{\"msg\":\"other\"}\n")
	h := slog.NewJSONHandler(&buf, nil)
	tr := mustOpen(t, t.TempDir(), Options{Anchor: h})
	mustClose(t, tr)
	tr = mustOpen(t, t.TempDir(), Options{Anchor: h.WithGroup("attributes")})
	mustClose(t, tr)
	buf.Write(tr.last.Note)
	buf.WriteByte('\n')
	buf.Write(tr.last.Note)
	got, err := ReadAnchors(&buf)
	if err != nil || len(got) != 6 {
		t.Fatalf("%d anchors: %v", len(got), err)
	}
	if got[5].Size != 2 || got[5].Root != tr.last.Root || time.Since(got[5].Time) > time.Hour {
		t.Errorf("%+v", got[5])
	}
}

func FuzzNotes(f *testing.F) {
	f.Add("origin\n3\n" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\ntime 2026-01-02T03:04:05Z\n")
	f.Add("origin/epoch\n1\n3\nkey\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseCheckpoint(text); err == nil {
			again, err := parseCheckpoint(checkpointText(c.Origin, c.Size, c.Root, c.Time))
			if err != nil || again.Size != c.Size || again.Root != c.Root {
				t.Errorf("%+v, then %+v: %v", c, again, err)
			}
		}
		if e, err := parseEpoch(text); err == nil && (e.number < 1 || e.start < 0) {
			t.Errorf("%+v", e)
		}
		if _, err := ReadAnchors(strings.NewReader(text)); err != nil {
			t.Error(err)
		}
	})
}
