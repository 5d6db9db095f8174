//go:build !race

package scan

import (
	"strings"
	"testing"
	"time"
)

// TestHostileTextTakesLinearTime compares the time of a text with that of one eight times as long: what is
// quadratic takes 64 times as long.
func TestHostileTextTakesLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	units := []string{
		"a@", "@", "a.", "a.a@", "1", "1 ", "1-", "12:", "eyJ", "eyJhbGciOiJIUzI1NiJ9.", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----\n",
		"\"", "\\", "\\\"", "'", "%40", "%2540", "%", "\\u0040", "password=", "password='", "password=\"", "\"password\":\"", "token=", "token=a ", "://", "://a:",
		"://a:b@", "a:b@", "Authorization: ", "Cookie: a=", "cookie:a;", "--password ", "-u a", "aB1aB1aB1/", "aB1aB1aB1+", "aB1aB1aB1.", "AKIA", "SG.", "hvs.", "ghp_",
		"DE95 1000 ", "+1", "(", "[", "=", ":", "a:", "::", "<password>", "\u00a0", "1\u00a0", "é@", "password ", "is a1b2c3 ", "key-", "s.aB1", "$aB1aB1aB1", "~Q~",
		"secret: ", "{\"a\":", "\\\\u0040", "code=", "sid=aaaa", "a=b;", "phone 1 ", "a@a.", "a@[1.", "x%3Dpassword%3D",
		")values", "(password)values(", "(password) values ('", "password is a", "password is a!1", "password (a1", "password a!", "auth a:b1", "credentials a:1", "(\"password\",\"", "(\"password\",'",
		"name=\"password\"\n\n", "<pwd><![CDATA[", "password: Some(\"", "u'password': u'", "密码：", "contraseña: ", "пароль=", "key=a1&", "mot de passe: ", "api key: ", "bot1234567890:",
		"jdbc:oracle:thin:a/b@", "auth=('a', ", "0049 30 ", "06.12.", "1,", "1234567,", ";base64,", "电话 1234567", "tan 123456 ",
	}
	fastest := func(text string) time.Duration {
		best := time.Hour
		for range 3 {
			best = min(best, max(cpuTime(func() { everything.Append(nil, text) }), time.Microsecond))
		}
		return best
	}
	for _, unit := range units {
		const n = 64 << 10
		short := strings.Repeat(unit, n/len(unit))
		long := strings.Repeat(unit, 8*n/len(unit))
		ratio := 0.0
		for range 3 { // a busy machine may spoil one round
			if ratio = float64(fastest(long)) / float64(fastest(short)); ratio < 24 {
				break
			}
		}
		if ratio >= 24 {
			t.Errorf("%q: eight times the text takes %.0f times as long", unit, ratio)
		}
	}
}
