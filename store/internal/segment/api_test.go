package segment

import (
	"encoding/json"
	"testing"
)

func TestAStringIsWhatItsEscapesMean(t *testing.T) {
	for _, raw := range []string{``, `plain`, `größe`, `\"`, `a\\b\/c`, `\b\f\n\r\t`, `\u0061b`, `\uD83D\uDE00!`, `\ud800 alone`, `x\\u0061`} {
		var want string
		if err := json.Unmarshal([]byte(`"`+raw+`"`), &want); err != nil {
			t.Fatal(err)
		}
		if got := string(unescaped([]byte(raw))); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	for _, raw := range []string{`\`, `a\`, `\x`, `\u12`, `\u`} { // no JSON: of a forged file
		unescaped([]byte(raw))
	}
}
