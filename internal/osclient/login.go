package osclient

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// renewEvery is how often places of secrets and authorities are looked at without need.
const renewEvery = 30 * time.Second

// credential is what a request logs in with.
type credential struct {
	header  []string // values of Authorization; nil for none
	secrets []string // what no error may show
}

// login holds the credential of now.
type login struct {
	username, scheme string
	secret           Secret
	basic            bool

	now atomic.Pointer[credential]

	mu     sync.Mutex
	failed error // of the last reading
}

func newLogin(c *Connection, p plan) (*login, error) {
	l := &login{username: p.username, secret: p.password, basic: p.username != "", scheme: c.TokenScheme}
	if c.Token != "" {
		l.secret = c.Token
		if l.scheme == "" {
			l.scheme = "Bearer"
		}
	}
	_, err := l.renew()
	return l, err
}

// renew reads the secret again and says whether it is another one. When it cannot be read the old one stays.
func (l *login) renew() (changed bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.now.Load()
	if l.secret == "" && !l.basic {
		l.now.CompareAndSwap(nil, &credential{})
		return false, nil
	}
	v, err := l.secret.read()
	if err != nil {
		l.failed = fmt.Errorf("opensearch: %s: %w", l.what(), err)
		return false, l.failed
	}
	l.failed = nil
	c := l.credential(v)
	if old != nil && old.header[0] == c.header[0] {
		return false, nil
	}
	l.now.Store(c)
	return old != nil, nil
}

func (l *login) what() string {
	if l.basic {
		return "password"
	}
	return "token"
}

func (l *login) credential(v string) *credential {
	if !l.basic {
		return &credential{header: []string{l.scheme + " " + v}, secrets: []string{v}}
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(l.username + ":" + v))
	return &credential{header: []string{"Basic " + encoded}, secrets: []string{v, encoded}}
}

// why says where the credential came from, for an error about it.
func (l *login) why() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.secret == "" && !l.basic:
		return "no credentials were given"
	case l.failed != nil:
		return l.failed.Error()
	}
	text := "the token"
	if l.basic {
		text = fmt.Sprintf("user %q and the password", l.username)
	}
	if l.secret.place() {
		text += " from " + string(l.secret)
	}
	return text + " not accepted"
}

// scrub takes every secret that is known out of a text: no layer below should have put one there.
func (l *login) scrub(text string) string {
	for _, s := range l.now.Load().secrets {
		if len(s) > 2 { // a shorter one would cut words to pieces and tell itself by that
			text = strings.ReplaceAll(text, s, shown)
		}
	}
	return text
}
