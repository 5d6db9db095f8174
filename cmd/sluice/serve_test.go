package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

var servedAt = regexp.MustCompile(`http://(\S+)/`)

func TestServeAnswersOnTheLoopbackInterfaceAndEnds(t *testing.T) {
	t.Setenv("SERVE_AUTH", "ops:secret")
	dir := storeOf(t, threeRecords)
	for _, tc := range []struct {
		name       string
		args       []string
		host, auth string
		want       int
	}{
		{"plain", nil, "", "", http.StatusOK},
		{"a name that points here", nil, "evil.example.com", "", http.StatusMisdirectedRequest},
		{"no password", []string{"--auth", "env:SERVE_AUTH"}, "", "", http.StatusUnauthorized},
		{"wrong password", []string{"--auth", "env:SERVE_AUTH"}, "", "ops:guess", http.StatusUnauthorized},
		{"password", []string{"--auth", "env:SERVE_AUTH"}, "", "ops:secret", http.StatusOK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, errOut, stop := background(t, append([]string{"serve", "--store", dir, "--listen", "127.0.0.1:0"}, tc.args...)...)
			errOut.await(t, "/\n")
			at := servedAt.FindStringSubmatch(errOut.String())
			if at == nil {
				t.Fatalf("no address in %s", errOut)
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at[1]+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tc.host
			if user, password, ok := strings.Cut(tc.auth, ":"); ok {
				req.SetBasicAuth(user, password)
			}
			client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if code := stop(); code != exitOK || res.StatusCode != tc.want {
				t.Errorf("status %d, want %d; exit %d: %s", res.StatusCode, tc.want, code, errOut)
			}
		})
	}
}

func TestServeRefusesToBeOpenToAll(t *testing.T) {
	t.Setenv("SERVE_AUTH", "nobody")
	dir := storeOf(t, threeRecords)
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--listen", ":0"}, "want --auth"}, {[]string{"--listen", "0.0.0.0:0"}, "want --auth"}, {[]string{"--listen", "nonsense"}, "HOST:PORT"},
		{[]string{"--auth", "ops:secret"}, "env:NAME or file:PATH"}, {[]string{"--auth", "env:SERVE_AUTH"}, "USER:PASSWORD"}, {[]string{"--cert", "c.pem"}, "go together"},
	} {
		_, stderr, code := sluiceRun(t, "", append([]string{"serve", "--store", dir}, tc.args...)...)
		if code != exitUsage || !strings.Contains(stderr, tc.want) || strings.Contains(stderr, "ops:secret") {
			t.Errorf("serve %v: exit %d: %s", tc.args, code, stderr)
		}
	}
}
