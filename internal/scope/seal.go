package scope

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
)

// The keys of a scope's identifiers, in the order in which they stand in its Block. KeyRun stands alone, in place of
// KeyRequest, outside any request.
const (
	KeyRun         = "run_id"
	KeyRequest     = "request_id"
	KeyTrace       = "trace_id"
	KeySpan        = "span_id"
	KeyParent      = "parent_span_id"
	KeyFlags       = "trace_flags"
	KeyName        = "span_name"
	KeyTransaction = "transaction_id"
	KeySession     = "session_id"
	KeyUser        = "user_id"
)

// Reserved says whether key is the key of an identifier, which a further attribute must not take.
func Reserved(key string) bool {
	switch key {
	case KeyRun, KeyRequest, KeyTrace, KeySpan, KeyParent, KeyFlags, KeyName, KeyTransaction, KeySession, KeyUser:
		return true
	}
	return false
}

// Seal makes s ready to go into a context: it infers the transaction when there is none, and builds Block and Key. Called
// once, by who made s.
func (s *Scope) Seal() {
	attrs := make([]slog.Attr, 0, 9+len(s.Extra))
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add(KeyRequest, s.Request)
	s.Key = Key(s.Request)
	switch {
	case s.Trace != [16]byte{}:
		s.Key = TraceKey(s.Trace)
		// One string holds all digits; the attributes are parts of it.
		var buf [32 + 16 + 16 + 2]byte
		hex.Encode(buf[:], s.Trace[:])
		hex.Encode(buf[32:], s.Span[:])
		hex.Encode(buf[48:], s.Parent[:])
		hex.Encode(buf[64:], []byte{s.Flags})
		digits := string(buf[:])
		add(KeyTrace, digits[:32])
		if s.Span != [8]byte{} {
			add(KeySpan, digits[32:48])
		}
		if s.Parent != [8]byte{} {
			add(KeyParent, digits[48:64])
		}
		add(KeyFlags, digits[64:])
		if s.Transaction == "" {
			s.Transaction = digits[:32]
		}
	case s.Request == "":
		add(KeyRun, RunID())
	case s.Transaction == "":
		s.Transaction = s.InferTransaction()
	}
	add(KeyName, s.Name)
	add(KeyTransaction, s.Transaction)
	add(KeySession, s.Session)
	add(KeyUser, s.User)
	s.Block = chain.NewBlock(append(attrs, s.Extra...))
}

// InferTransaction is the transaction that s belongs to when none was given: the trace's 32 hex digits, so that every
// service of the trace infers the same; without a trace the first 16 bytes of SHA-256(session, 0 byte, request) in hex;
// empty when there is no request either.
func (s *Scope) InferTransaction() string {
	switch {
	case s.Trace != [16]byte{}:
		return hex.EncodeToString(s.Trace[:])
	case s.Request != "":
		sum := sha256.Sum256([]byte(s.Session + "\x00" + s.Request))
		return hex.EncodeToString(sum[:16])
	}
	return ""
}
