package osclient_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/internal/osclient"
)

func TestAConnectionSaysWhatIsWrongWithIt(t *testing.T) {
	pin := strings.Repeat("ab:", 31) + "ab"
	for _, tc := range []struct {
		name string
		conn osclient.Connection
		want string // part of the error; empty for none
	}{
		{"zero", osclient.Connection{}, ""},
		{"https, pin in openssl's spelling", osclient.Connection{URLs: []string{"https://a:9200"}, Pins: []string{pin}}, ""},
		{"user in the URL", osclient.Connection{URLs: []string{"https://u:p@a:9200", "https://u:p@b:9200"}}, ""},
		{"user in the first URL alone", osclient.Connection{URLs: []string{"https://u:p@a:9200", "https://b:9200"}}, ""},
		{"two users", osclient.Connection{URLs: []string{"https://u:p@a:9200", "https://v:p@b:9200"}}, "URL 2: it has another user"},
		{"no scheme", osclient.Connection{URLs: []string{"localhost:9200"}}, `URL 1: "localhost:9200": want http://host:9200`},
		{"no host", osclient.Connection{URLs: []string{"http://"}}, `URL 1: "http://": want http://host:9200`},
		{"no port", osclient.Connection{URLs: []string{"http://user:123456"}}, "URL 1: its port is no port"},
		{"query", osclient.Connection{URLs: []string{"http://a?b"}}, "URL 1: it has a query"},
		{"short pin", osclient.Connection{URLs: []string{"https://a"}, Pins: []string{"abcd"}}, "pin 1: want a SHA-256 fingerprint"},
		{"pin on http", osclient.Connection{Pins: []string{pin}}, "need URLs with https"},
		{"key without certificate", osclient.Connection{URLs: []string{"https://a"}, KeyFile: "k"}, "CertFile and KeyFile go together"},
		{"two ways to log in", osclient.Connection{Username: "u", Token: "t"}, "exclude each other"},
		{"scheme alone", osclient.Connection{TokenScheme: "ApiKey"}, "TokenScheme without Token"},
		{"bad scheme", osclient.Connection{TokenScheme: "Api Key", Token: "t"}, "want one word"},
		{"password alone", osclient.Connection{Password: "p"}, "Password without Username"},
		{"colon in the user", osclient.Connection{Username: "a:b"}, "a colon"},
		{"foreign round tripper", osclient.Connection{URLs: []string{"https://a"}, RoundTripper: http.DefaultTransport, CAFile: "x"}, "RoundTripper makes its own"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.conn.Validate()
			if tc.want == "" && err == nil {
				return
			}
			if err == nil || tc.want == "" || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Validate: %v, want %q", err, tc.want)
			}
		})
	}
}

// hidden are connections with the secret in every place that takes one.
func hidden(secret string) []osclient.Connection {
	return []osclient.Connection{
		{URLs: []string{"http://127.0.0.1:1"}, Username: "u", Password: osclient.Secret(secret)},
		{URLs: []string{"http://127.0.0.1:1"}, Token: osclient.Secret(secret)},
		{URLs: []string{"http://u:" + secret + "@127.0.0.1:1"}},
		{URLs: []string{"http://u:" + secret + "@127.0.0.1:bad"}},
		{URLs: []string{"http://u:" + secret + "@127.0.0.1:1?q"}},
		{URLs: []string{"http://u:" + secret + "@127.0.0.1:1", "http://v:x@127.0.0.1:1"}},
		{URLs: []string{"http://127.0.0.1:1/?api_key=" + secret}},
		{URLs: []string{"u:" + secret + "@127.0.0.1"}},
		{URLs: []string{"http://127.0.0.1:" + secret}, Token: osclient.Secret(secret)},
	}
}

// dumps are the ways in which a value comes into a log.
func dumps(t testing.TB, v any) map[string]string {
	t.Helper()
	var b, j strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&j, nil)).Info("m", "v", v)
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"%v": fmt.Sprintf("%v", v), "%+v": fmt.Sprintf("%+v", v), "%#v": fmt.Sprintf("%#v", v), "%s": fmt.Sprintf("%s", v), "%q": fmt.Sprintf("%q", v),
		"%d": fmt.Sprintf("%d", v), "%x": fmt.Sprintf("%x", v), "text": b.String(), "json": j.String(), "marshal": string(text),
	}
}

func TestNoDumpOfAConnectionShowsASecret(t *testing.T) {
	const secret = "hunter2hunter2"
	for i, conn := range hidden(secret)[:3] {
		for how, text := range dumps(t, conn) {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("connection %d by %s: %s", i, how, text)
			}
		}
		for how, text := range dumps(t, osclient.Secret(secret)) {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("secret by %s: %s", how, text)
			}
		}
	}
}

func TestAConnectionShowsItsHosts(t *testing.T) {
	conn := osclient.Connection{URLs: []string{"https://u:p@a:9200", "https://b:9200/path"}}
	if got := conn.String(); got != "a:9200,b:9200" {
		t.Errorf("String = %q", got)
	}
}

func FuzzNoErrorShowsASecret(f *testing.F) {
	f.Add("hunter2hunter2")
	f.Add("p%zzword@x")
	f.Add("a/b?c#d@e:f")
	f.Add("line\nend-secret")
	f.Fuzz(func(t *testing.T, secret string) {
		// What a shorter one looks like stands in the errors anyway.
		if len(secret) < 6 || strings.Contains("opensearch: URL 1: it cannot be read: want http://host:9200 or https://host:9200", secret) {
			t.Skip()
		}
		for i, conn := range hidden(secret) {
			if err := conn.Validate(); err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("connection %d: %v", i, err)
			}
			c, err := osclient.New(conn)
			if err != nil {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("connection %d: New: %v", i, err)
				}
				continue
			}
			_, _, err = c.Do(t.Context(), "GET", "/_bulk", nil, nil)
			if err == nil {
				t.Errorf("connection %d: port 1 answered", i)
			} else if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("connection %d: %v", i, err)
			}
			// A node that echoes what it was sent; a URL's password is sent without its escapes.
			if err := c.StatusError("ask", 400, []byte("you sent "+secret)); conn.Token+conn.Password != "" && strings.Contains(err.Error(), secret) {
				t.Errorf("connection %d: %v", i, err)
			}
			_ = c.Close()
		}
	})
}
