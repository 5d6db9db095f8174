package opensearchtest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a client and a node and fails on demand. Requests that meet no fault pass through. Safe for
// concurrent use.
type Proxy struct {
	URL string

	target   *Server
	upstream *http.Transport
	cert     atomic.Pointer[tls.Certificate] // nil without TLS
	addr     string

	mu     sync.Mutex
	srv    *http.Server  // nil while refusing
	served chan struct{} // closed when srv has ended
	queue  []*injection
	ended  chan struct{} // closed when what hangs has to stop
	seen   int
	passed int
}

// injection is a fault that waits for requests.
type injection struct {
	fault Fault
	match func(*http.Request) bool // nil matches all
	left  int                      // < 0: until Clear
}

// NewProxy starts a proxy in front of a node; it ends with the test. Its own side is plain HTTP, whatever the node speaks.
func NewProxy(t testing.TB, target *Server) *Proxy {
	t.Helper()
	return newProxy(t, target, "")
}

// NewTLSProxy is NewProxy with HTTPS on its own side, under the certificate in base.pem and base.key.
func NewTLSProxy(t testing.TB, target *Server, base string) *Proxy {
	t.Helper()
	return newProxy(t, target, base)
}

func newProxy(t testing.TB, target *Server, base string) *Proxy {
	t.Helper()
	tlsConfig, err := target.TLS()
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: target, addr: "127.0.0.1:0", ended: make(chan struct{})}
	p.upstream = &http.Transport{TLSClientConfig: tlsConfig, DisableCompression: true}
	if base != "" {
		p.SetCertificate(t, base)
	}
	p.mu.Lock()
	err = p.listen()
	p.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Refuse()
		p.upstream.CloseIdleConnections()
	})
	return p
}

// listen starts the server at p.addr; p.mu is held.
func (p *Proxy) listen() error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.addr)
	if err != nil {
		return err
	}
	if p.URL == "" { // it stays: clients read it without a lock
		p.addr = l.Addr().String()
		p.URL = p.scheme() + "://" + p.addr
	}
	if p.cert.Load() != nil {
		l = tls.NewListener(l, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.cert.Load(), nil }})
	}
	p.srv, p.served = &http.Server{Handler: p, ErrorLog: discardLog}, make(chan struct{})
	go func(srv *http.Server, served chan struct{}) {
		defer close(served)
		_ = srv.Serve(l) // until close
	}(p.srv, p.served)
	return nil
}

func (p *Proxy) scheme() string {
	if p.cert.Load() != nil {
		return "https"
	}
	return "http"
}

// close ends the server, its connections and what hangs; p.mu is held.
func (p *Proxy) close() {
	p.release()
	if p.srv != nil {
		_ = p.srv.Close() // of a listener that is given up
		<-p.served
		p.srv = nil
	}
}

// SetCertificate changes the certificate of a proxy with TLS, for connections to come, and closes those that are.
func (p *Proxy) SetCertificate(t testing.TB, base string) {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(base+".pem", base+".key")
	if err != nil {
		t.Fatal(err)
	}
	p.cert.Store(&cert)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.srv == nil {
		return
	}
	p.close()
	if err := p.listen(); err != nil {
		t.Fatal(err)
	}
}

// Refuse stops listening and closes all connections: to a client it is as if the node were gone.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close()
}

// Accept listens again, at the same address, after Refuse.
func (p *Proxy) Accept(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.srv != nil {
		return
	}
	if err := p.listen(); err != nil {
		t.Fatal(err)
	}
}

// Inject lets the next requests meet a fault, as many as times says, after the faults that were injected before; times below
// one means all requests until Clear.
func (p *Proxy) Inject(f Fault, times int) { p.InjectWhen(nil, f, times) }

// InjectWhen is Inject for requests that match.
func (p *Proxy) InjectWhen(match func(*http.Request) bool, f Fault, times int) {
	if times < 1 {
		times = -1
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, &injection{fault: f, match: match, left: times})
}

// Clear takes away all faults; requests that hang are dropped.
func (p *Proxy) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = nil
	p.release()
}

func (p *Proxy) release() {
	close(p.ended)
	p.ended = make(chan struct{})
}

// Requests is how many requests came, and how many of them reached the node.
func (p *Proxy) Requests() (seen, passed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen, p.passed
}

// next counts a request and takes the fault that it meets, nil for none.
func (p *Proxy) next(r *http.Request) (Fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	for i, in := range p.queue {
		if in.match != nil && !in.match(r) {
			continue
		}
		if in.left--; in.left == 0 {
			p.queue = append(p.queue[:i:i], p.queue[i+1:]...)
		}
		return in.fault, p.ended
	}
	return nil, p.ended
}

// ServeHTTP is the proxy's handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, ended := p.next(r)
	x := &exchange{p: p, w: w, r: r, ended: ended}
	if fault == nil {
		fault = pass
	}
	fault(x)
}

// exchange is a request under way.
type exchange struct {
	p     *Proxy
	w     http.ResponseWriter
	r     *http.Request
	ended <-chan struct{}
}

// reply is what the node said.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// forward asks the node; false means that there was no answer, and the client's connection has been reset.
func (x *exchange) forward() (reply, bool) {
	// The node's work does not stop when the client goes away.
	out := x.r.Clone(context.WithoutCancel(x.r.Context()))
	out.RequestURI = ""
	scheme, host, _ := strings.Cut(x.p.target.URL, "://")
	out.URL.Scheme, out.URL.Host, out.Host = scheme, host, host
	out.Header.Del("Accept-Encoding")
	resp, err := x.p.upstream.RoundTrip(out)
	if err != nil {
		x.reset()
		return reply{}, false
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		x.reset()
		return reply{}, false
	}
	x.p.mu.Lock()
	x.p.passed++
	x.p.mu.Unlock()
	return reply{resp.StatusCode, resp.Header, body}, true
}

// start writes the reply's head.
func (x *exchange) start(a reply) {
	h := x.w.Header()
	for k, v := range a.header {
		h[k] = v
	}
	h.Set("Content-Length", fmt.Sprint(len(a.body)))
	x.w.WriteHeader(a.status)
}

// part sends the reply's head and the first n bytes of its body.
func (x *exchange) part(a reply, n int) {
	x.start(a)
	x.send(a.body[:n])
}

func (x *exchange) send(piece []byte) {
	_, _ = x.w.Write(piece)
	_ = http.NewResponseController(x.w).Flush()
}

// hijack takes the connection over.
func (x *exchange) hijack() (net.Conn, error) {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	return conn, err
}

// reset ends the client's connection with a TCP reset.
func (x *exchange) reset() {
	conn, err := x.hijack()
	if err != nil { // HTTP/2, or gone
		panic(http.ErrAbortHandler)
	}
	raw := conn
	if t, ok := conn.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}

// hang waits until the client gives up or the fault is cleared, and closes the connection.
func (x *exchange) hang() {
	conn, err := x.hijack()
	if err != nil {
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, conn)
	}()
	select {
	case <-gone:
	case <-x.ended:
	}
	_ = conn.Close()
	<-gone
}
