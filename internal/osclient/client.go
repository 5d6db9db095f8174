package osclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/opensearch-project/opensearch-go/v4/opensearchtransport"
)

// MaxReply is the longest reply that is read, in bytes.
const MaxReply = 256 << 20

// Client sends requests to the nodes of a connection. Safe for concurrent use.
type Client struct {
	plan      plan
	login     *login
	wire      *wire
	transport *opensearchtransport.Client
	looked    atomic.Int64 // when the places of secrets were looked at, in Unix nanoseconds
}

// New reads the credentials and certificates of a connection and returns a client for it. It sends nothing. The error names what
// cannot be read, or what Validate finds.
func New(conn Connection) (*Client, error) {
	conn.URLs, conn.Pins = slices.Clone(conn.URLs), slices.Clone(conn.Pins)
	p, err := conn.read()
	if err != nil {
		return nil, err
	}
	c := &Client{plan: p}
	if c.login, err = newLogin(&conn, p); err != nil {
		return nil, err
	}
	if c.wire, err = newWire(&conn, p); err != nil {
		return nil, err
	}
	c.looked.Store(time.Now().UnixNano())
	c.transport, err = opensearchtransport.New(opensearchtransport.Config{
		URLs: p.urls, Transport: c.wire,
		DisableRetry: true, HealthCheck: opensearchtransport.NoOpHealthCheck,
		NodeStatsInterval: -1, MaxRetryClusterHealth: -1, ActiveListCap: -1, SkipConnectionShuffle: true,
		ResurrectTimeoutInitial: time.Second, ResurrectTimeoutMax: 5 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("opensearch: %w", err)
	}
	return c, nil
}

// Hosts are the hosts of the connection, for messages.
func (c *Client) Hosts() []string { return c.plan.hosts }

// Close gives idle connections back. The client must not be used afterwards.
func (c *Client) Close() error {
	err := c.transport.Close()
	c.wire.close()
	return err
}

// Do sends a request to one of the nodes and reads the whole reply, whatever its status. path begins with a slash, is escaped, and may
// have a query. body, which may be nil, is not kept, and header, which may be nil, is not changed. ctx bounds all of it.
//
// An error means that there was no reply, or not all of it, and leaves open whether the request took effect, unless
// [Error.NotSent] says that it did not. It is an *Error. A credential that has been rotated, seen by a status 401 or a refused certificate, is
// read and the request sent once more; so it is, to another node, when a node cannot be reached.
func (c *Client) Do(ctx context.Context, method, path string, header http.Header, body []byte) (status int, reply []byte, err error) {
	c.look()
	renewed := false
	for dials := 1; ; {
		cred := c.login.now.Load()
		status, reply, err = c.once(ctx, method, path, header, body, cred)
		switch {
		case err == nil && status != http.StatusUnauthorized:
			return status, reply, nil
		case err == nil && !renewed:
			renewed = true
			if _, lerr := c.login.renew(); lerr == nil && c.login.now.Load() != cred {
				continue // the secret is another one than the one that was refused, whoever has read it
			}
			return status, reply, nil
		case err == nil: // refused with the new secret too
			return status, reply, nil
		case ctx.Err() == nil && tlsRefused(err) && !renewed:
			renewed = true
			if changed, werr := c.wire.renew(); changed && werr == nil {
				continue
			}
		case ctx.Err() == nil && notSent(err) && dials < len(c.plan.urls):
			dials++
			continue
		}
		return 0, nil, c.wrap(err)
	}
}

// look reads the places of secrets when that was long ago, so that most rotations are seen before they are felt. Errors are
// felt later.
func (c *Client) look() {
	last, now := c.looked.Load(), time.Now().UnixNano()
	if now-last > int64(renewEvery) && c.looked.CompareAndSwap(last, now) {
		_, _ = c.login.renew()
		_, _ = c.wire.renew()
	}
}

// once sends the request one time.
func (c *Client) once(ctx context.Context, method, path string, header http.Header, body []byte, cred *credential) (int, []byte, error) {
	req, err := newRequest(ctx, method, path, header, body)
	if err != nil {
		return 0, nil, err
	}
	if cred.header != nil {
		req.Header["Authorization"] = cred.header
	}
	resp, err := c.transport.Stream(req)
	if resp == nil {
		if err == nil {
			err = errors.New("no reply")
		}
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := readReply(resp)
	if err != nil {
		host := ""
		if resp.Request != nil {
			host = resp.Request.URL.Host
		}
		return 0, nil, &hostError{host, fmt.Errorf("reply with status %d: %w", resp.StatusCode, err)}
	}
	return resp.StatusCode, reply, nil
}

// body is a request's body and the reader of it, in one allocation.
type body struct{ bytes.Reader }

func (*body) Close() error { return nil }

func newRequest(ctx context.Context, method, path string, header http.Header, content []byte) (*http.Request, error) {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, fmt.Errorf("path %q: want one that begins with a slash", path)
	}
	req := &http.Request{Method: method, URL: u, Header: make(http.Header, len(header)+2), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	for k, v := range header {
		req.Header[k] = v
	}
	if len(content) > 0 {
		b := &body{}
		b.Reset(content)
		req.Body, req.ContentLength = b, int64(len(content))
		// For a kept connection that turns out to be closed before a byte is sent: net/http then takes another.
		req.GetBody = func() (io.ReadCloser, error) {
			again := &body{}
			again.Reset(content)
			return again, nil
		}
	}
	return req.WithContext(ctx), nil
}

// readReply reads a reply into a slice of its size where that is known.
func readReply(resp *http.Response) ([]byte, error) {
	n := resp.ContentLength
	switch {
	case n > MaxReply:
		return nil, fmt.Errorf("it has %d bytes, and at most %d are read", n, MaxReply)
	case n == 0:
		return nil, nil
	case n > 0:
		buf := make([]byte, n)
		_, err := io.ReadFull(resp.Body, buf)
		return buf, err
	}
	buf, err := io.ReadAll(io.LimitReader(resp.Body, MaxReply+1))
	if err == nil && len(buf) > MaxReply {
		return nil, fmt.Errorf("it has more than %d bytes, and no more are read", MaxReply)
	}
	return buf, err
}
