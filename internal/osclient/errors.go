package osclient

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Error is a request without a reply. It shows no credential.
type Error struct {
	// Host is the node that was asked, all of them when none was.
	Host string
	// NotSent says that the request has not left this host.
	NotSent bool

	text  string
	cause error
}

// Error names the host and the cause, and what to do about it where that is known.
func (e *Error) Error() string { return "opensearch: " + e.Host + ": " + e.text }

// Unwrap returns the cause, unless its text would show a credential.
func (e *Error) Unwrap() error { return e.cause }

// wrap makes an Error of what a request failed with.
func (c *Client) wrap(err error) *Error {
	e := &Error{Host: strings.Join(c.plan.hosts, ","), NotSent: notSent(err), cause: err}
	var at *hostError
	if errors.As(err, &at) {
		e.cause = at.err
		if at.host != "" {
			e.Host = at.host
		}
	}
	text := strings.TrimPrefix(e.cause.Error(), "dial tcp "+e.Host+": ")
	e.text = c.login.scrub(text)
	if e.text != text { // it would show there
		e.cause = nil
	}
	if h := hint(err); h != "" {
		e.text += ": " + h
	}
	return e
}

// hint says what an operator can do about an error.
func hint(err error) string {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &unknown):
		return "give the authority's certificate as CAFile, or a fingerprint as a pin"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the node's certificate has to be renewed"
	case errors.As(err, &host):
		return "the certificate is for another host than the URL"
	case errors.As(err, &op) && op.Op == "remote error":
		return "the node refuses the client certificate, or wants one"
	case errors.As(err, &record):
		return "the port speaks http: is the URL's scheme right?"
	case errors.As(err, &dns):
		return "is the URL right?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there"
	case errors.Is(err, io.EOF):
		return "the connection was closed without a reply: does the port want https?"
	}
	return ""
}

// StatusError is a reply that says no.
type StatusError struct {
	// Op is what was asked for, in words.
	Op string
	// Status is the HTTP status.
	Status int
	// Type and Reason are the node's words; Type is empty for a reply that is not OpenSearch's.
	Type, Reason string
}

// Error tells all of it.
func (e *StatusError) Error() string {
	kind := ""
	if e.Type != "" {
		kind = e.Type + ": "
	}
	return fmt.Sprintf("opensearch: %s: status %d: %s%s", e.Op, e.Status, kind, e.Reason)
}

// NewStatusError makes an error of a reply whose status is not the one wanted. op says what was asked for, as in "put the
// index template".
func NewStatusError(op string, status int, reply []byte) *StatusError {
	e := &StatusError{Op: op, Status: status}
	if e.Type, e.Reason = reasonOf(reply); e.Type == "" {
		e.Reason = plainReason(reply)
	}
	return e
}

// StatusError is NewStatusError that shows no credential, and says of a 401 which one was not accepted.
func (c *Client) StatusError(op string, status int, reply []byte) *StatusError {
	// Before, because the error quotes a reply that is not JSON; after, because JSON may have hidden what is looked for.
	e := NewStatusError(op, status, []byte(c.login.scrub(string(reply))))
	if status == http.StatusUnauthorized {
		e.Reason = c.login.why()
	}
	e.Reason = c.login.scrub(e.Reason)
	return e
}

// Definite says whether err, of a request or of what a reply said, is one that waiting does not mend: a credential that is not
// accepted, a permission that is missing, a URL at which there is something else, a certificate of another authority or host.
// Everything else may pass: no answer, a node that is overloaded or has just started, a certificate that has expired, a cluster that
// is full or blocked.
func Definite(err error) bool {
	var answer *StatusError
	if errors.As(err, &answer) {
		switch s := answer.Status; {
		case s >= 500, s == http.StatusRequestTimeout, s == http.StatusTooManyRequests, s == http.StatusPaymentRequired:
			return false
		}
		return answer.Type != "cluster_block_exception" && answer.Type != "validation_exception" // the limit of shards
	}
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	if errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &record) {
		return true
	}
	var unanswered *Error
	return err != nil && !errors.As(err, &unanswered)
}

// reasonOf reads the error of a reply in JSON, with the cause that the node thinks to be the root.
func reasonOf(reply []byte) (kind, reason string) {
	var full struct {
		Error struct {
			Type, Reason string
			CausedBy     struct{ Type, Reason string } `json:"caused_by"`
		}
	}
	if json.Unmarshal(reply, &full) == nil && full.Error.Type != "" {
		reason = full.Error.Reason
		if by := full.Error.CausedBy; by.Reason != "" && !strings.Contains(reason, by.Reason) {
			reason += ": " + by.Reason
		}
		return full.Error.Type, reason
	}
	var short struct {
		Error, Message, Status string
		Reason                 string
	}
	if json.Unmarshal(reply, &short) == nil && short.Error+short.Message+short.Reason != "" {
		return "error", short.Error + short.Message + short.Reason
	}
	return "", ""
}

// plainReason describes a reply that OpenSearch did not write.
func plainReason(reply []byte) string {
	text := bytes.TrimSpace(reply)
	switch {
	case len(text) == 0:
		return "an empty reply"
	case text[0] == '<':
		return "a web page: is this the URL of OpenSearch?"
	}
	const most = 200
	return fmt.Sprintf("%q: is this the URL of OpenSearch?", text[:min(len(text), most)])
}
