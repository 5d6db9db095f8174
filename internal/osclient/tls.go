package osclient

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of connections. The sink has at most 64 requests under way.
const (
	dialTimeout = 10 * time.Second
	idlePerHost = 64
	idleTimeout = 90 * time.Second
)

// wire is the RoundTripper under the transport: it names the host in errors, and changes its trust when CAFile changes.
type wire struct {
	conn *Connection
	plan plan
	own  bool // the round tripper was made here

	now atomic.Pointer[http.RoundTripper]

	mu sync.Mutex
	ca []byte // what CAFile held
}

// hostError is an error below the transport, and where.
type hostError struct {
	host string
	err  error
}

func (e *hostError) Error() string { return e.host + ": " + e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

func newWire(c *Connection, p plan) (*wire, error) {
	w := &wire{conn: c, plan: p, own: c.RoundTripper == nil}
	if !w.own {
		w.now.Store(&c.RoundTripper)
		return w, nil
	}
	if c.CertFile != "" {
		if _, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile); err != nil {
			return nil, fmt.Errorf("opensearch: client certificate: %w", err)
		}
	}
	_, err := w.renew()
	return w, err
}

// RoundTrip sends one request.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := (*w.now.Load()).RoundTrip(req)
	if err != nil {
		return nil, &hostError{req.URL.Host, err}
	}
	return resp, nil
}

// renew reads CAFile again and says whether it holds other authorities. When it cannot be read the old ones stay.
func (w *wire) renew() (changed bool, err error) {
	if !w.own {
		return false, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.now.Load()
	var roots *x509.CertPool
	if path := w.conn.CAFile; path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return false, fmt.Errorf("opensearch: CAFile: %w", err)
		}
		if old != nil && bytes.Equal(text, w.ca) {
			return false, nil
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return false, fmt.Errorf("opensearch: CAFile %s has no certificate in PEM", path)
		}
		w.ca = text
	} else if old != nil {
		return false, nil
	}
	t := http.RoundTripper(w.transport(roots))
	w.now.Store(&t)
	if old != nil {
		closeIdle(*old)
	}
	return old != nil, nil
}

func (w *wire) close() {
	if w.own {
		closeIdle(*w.now.Load())
	}
}

func closeIdle(rt http.RoundTripper) {
	if t, ok := rt.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

func (w *wire) transport(roots *x509.CertPool) *http.Transport {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     idleTimeout,
		// A node would spend more on compressing replies than a network saves; who wants it asks by header.
		DisableCompression: true,
		// One stream for each connection: requests of the sink are large, and one that stalls must not hold others.
		TLSNextProto:    map[string]func(string, *tls.Conn) http.RoundTripper{},
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
	}
	if w.conn.CertFile != "" {
		t.TLSClientConfig.GetClientCertificate = w.clientCertificate()
	}
	if len(w.plan.pins) > 0 {
		t.TLSClientConfig.InsecureSkipVerify = roots == nil // then the pin decides
		t.TLSClientConfig.VerifyConnection = func(cs tls.ConnectionState) error { return w.plan.pinned(cs, roots != nil) }
	}
	return t
}

// clientCertificate reads the pair for each connection. While it is being rotated the files may not match: then the last pair
// that did is used.
func (w *wire) clientCertificate() func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	var last atomic.Pointer[tls.Certificate]
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(w.conn.CertFile, w.conn.KeyFile)
		if err == nil {
			last.Store(&pair)
			return &pair, nil
		}
		if p := last.Load(); p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("client certificate: %w", err)
	}
}

// errPin is a node whose certificates have none of the pins.
var errPin = errors.New("no certificate of the node has the pinned fingerprint")

// pinned looks for a pin in the chain that the node sent. verified says that the chain has been verified otherwise.
func (p *plan) pinned(cs tls.ConnectionState, verified bool) error {
	at := slices.IndexFunc(cs.PeerCertificates, func(c *x509.Certificate) bool { return slices.Contains(p.pins, sha256.Sum256(c.Raw)) })
	if at < 0 {
		return errPin
	}
	if verified {
		return nil
	}
	leaf := cs.PeerCertificates[0]
	if at == 0 {
		if now := time.Now(); now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
			return x509.CertificateInvalidError{Cert: leaf, Reason: x509.Expired, Detail: fmt.Sprintf("valid from %s to %s", leaf.NotBefore.Format(time.RFC3339), leaf.NotAfter.Format(time.RFC3339))}
		}
		return nil
	}
	opts := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	opts.Roots.AddCert(cs.PeerCertificates[at])
	for _, c := range cs.PeerCertificates[1:at] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := leaf.Verify(opts); err != nil {
		return err
	}
	if cs.ServerName != "" {
		return leaf.VerifyHostname(cs.ServerName)
	}
	// crypto/tls does not tell the name of a host that is an address: it has to be one of the connection's.
	var err error
	for _, u := range p.urls {
		if err = leaf.VerifyHostname(u.Hostname()); err == nil {
			return nil
		}
	}
	return err
}

// tlsRefused says that an error is one of trust, which another CAFile or client certificate may mend.
func tlsRefused(err error) bool {
	var verify *tls.CertificateVerificationError
	var alert tls.AlertError
	var op *net.OpError
	return errors.As(err, &verify) || errors.As(err, &alert) || errors.As(err, &op) && op.Op == "remote error" || errors.Is(err, errPin)
}

// notSent says that no byte of the request can have left: another node may be tried.
func notSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && !errors.Is(err, context.Canceled)
}
