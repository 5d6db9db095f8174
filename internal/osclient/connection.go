package osclient

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Connection says where OpenSearch is, whom to trust, and how to log in. The zero value is http://localhost:9200 without
// credentials.
type Connection struct {
	// URLs are the addresses of one or more nodes of the cluster, or of a gateway before it: https://host:9200, with a path where the gateway
	// wants one. A user and password in it are taken out and used. Empty means http://localhost:9200.
	URLs []string

	// Username and Password log in by basic authentication.
	Username string
	Password Secret
	// Token logs in by an Authorization header of TokenScheme and this token. It excludes Username.
	Token Secret
	// TokenScheme stands before the token; "" means Bearer.
	TokenScheme string

	// CAFile is a PEM file with the authorities that node certificates may come from. It is read again when a certificate is refused.
	// "" means those of the system.
	CAFile string
	// Pins are SHA-256 fingerprints, in hexadecimal as openssl x509 -fingerprint -sha256 prints them, of which the node's certificate, or
	// an authority in the chain that it sends, must have one. Without CAFile a pin is all the trust that is needed: a pinned certificate
	// of a node is accepted for any host name, a pinned authority for the names in the certificates that it signed. In both cases
	// expired certificates are refused.
	Pins []string
	// CertFile and KeyFile are a client certificate and its key in PEM. They are read for each connection.
	CertFile, KeyFile string

	// RoundTripper sends the requests, for gateways that want them signed; it excludes CAFile, Pins and CertFile. Nil means one made here.
	RoundTripper http.RoundTripper
}

// String tells where, never with what password.
func (c Connection) String() string {
	p := c.plan()
	return strings.Join(p.hosts, ",")
}

// Format prints String for every verb, so that none shows a field.
func (c Connection) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue is String.
func (c Connection) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String.
func (c Connection) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

const defaultURL = "http://localhost:9200"

// plan is a connection that has been read.
type plan struct {
	urls     []*url.URL // without user
	hosts    []string   // of urls, for messages
	username string
	password Secret
	pins     [][32]byte
}

// Validate says what is wrong with a connection and what was expected, without opening a file.
func (c *Connection) Validate() error {
	if c == nil {
		return nil
	}
	_, err := c.read()
	return err
}

func (c *Connection) plan() plan {
	p, _ := c.read()
	return p
}

func (c *Connection) read() (plan, error) {
	p := plan{username: c.Username, password: c.Password}
	urls := c.URLs
	if len(urls) == 0 {
		urls = []string{defaultURL}
	}
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf("opensearch: "+format, args...)) }
	secure := true
	for i, text := range urls {
		u, err := readURL(text)
		if err != nil {
			wrong("URL %d: %w", i+1, err)
			continue
		}
		if err := p.login(u, i == 0); err != nil {
			wrong("URL %d: %w", i+1, err)
		}
		u.User = nil
		secure = secure && u.Scheme == "https"
		p.urls, p.hosts = append(p.urls, u), append(p.hosts, u.Host)
	}
	for i, text := range c.Pins {
		raw, err := hex.DecodeString(strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(text), "sha256:"), ":", ""))
		if err != nil || len(raw) != 32 {
			wrong("pin %d: want a SHA-256 fingerprint, 64 hexadecimal digits", i+1)
			continue
		}
		p.pins = append(p.pins, [32]byte(raw))
	}
	ownTLS := c.CAFile != "" || len(c.Pins) > 0 || c.CertFile != "" || c.KeyFile != ""
	switch {
	case ownTLS && c.RoundTripper != nil:
		wrong("CAFile, Pins and CertFile are for the connections made here, and RoundTripper makes its own")
	case ownTLS && !secure:
		wrong("CAFile, Pins and CertFile need URLs with https")
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		wrong("CertFile and KeyFile go together, and one of them is empty")
	}
	switch {
	case c.Token != "" && p.username != "":
		wrong("Token and Username exclude each other")
	case c.Token == "" && c.TokenScheme != "":
		wrong("TokenScheme without Token")
	case p.username == "" && p.password != "":
		wrong("Password without Username")
	case strings.ContainsAny(p.username, ":\r\n"):
		wrong("Username has a colon or a line end, which basic authentication cannot carry")
	case strings.ContainsFunc(c.TokenScheme, func(r rune) bool { return r <= ' ' || r > '~' }):
		wrong("TokenScheme: want one word, such as Bearer")
	}
	return p, errors.Join(errs...)
}

// login takes the user of a URL.
func (p *plan) login(u *url.URL, first bool) error {
	if u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	if first && p.username == "" && p.password == "" {
		p.username, p.password = u.User.Username(), Secret(password)
		return nil
	}
	if u.User.Username() != p.username || Secret(password) != p.password {
		return errors.New("it has another user than the rest of the connection: want one user, given once")
	}
	return nil
}

// readURL never repeats what it was given when that may have a password in it: a URL that cannot be read may have one
// anywhere.
func readURL(text string) (*url.URL, error) {
	const want = "want http://host:9200 or https://host:9200"
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it cannot be read: " + want)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || len(port) > 5 {
			return nil, errors.New("its port is no port: " + want)
		}
	}
	show := ""
	if u.User == nil && u.RawQuery == "" && !strings.ContainsAny(text, "@?") {
		show = fmt.Sprintf("%q: ", text)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, errors.New(show + want)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("it has a query or a fragment: " + want)
	}
	return u, nil
}
