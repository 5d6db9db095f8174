package mask

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
)

// hashKey is a key of pseudonyms, and its identifier, which stands in each of its tokens.
type hashKey struct {
	secret []byte
	id     string
}

const (
	hashDigits = 16
	idDigits   = 4
)

// newHashKeys returns the keys that are long enough, the current one first.
func newHashKeys(current []byte, former [][]byte) []hashKey {
	var keys []hashKey
	for i, secret := range append([][]byte{current}, former...) {
		if len(secret) < minHashKey {
			if i == 0 {
				return nil // no token is made under a former key
			}
			continue
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte("sluice pseudonym key"))
		keys = append(keys, hashKey{bytes.Clone(secret), fmt.Sprintf("%X", mac.Sum(nil)[:idDigits/2])})
	}
	return keys
}

// token returns what stands for secret: label_HASH:id-digits, where the digits are the first 64 bits of an HMAC-SHA256.
func (k *hashKey) token(label, secret string) string {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte(secret))
	return hashMark(label, fmt.Sprintf("%s-%X", k.id, mac.Sum(nil)[:hashDigits/2]))
}

func hashMark(label, token string) string {
	if label != "" {
		label += "_"
	}
	return "[" + label + "HASH:" + token + "]"
}

// ownToken spells what Options.Pseudonym has returned as the tokens of keys are, so that a second pass leaves it alone.
func ownToken(label, token string) (string, bool) {
	if len(token) < idDigits+hashDigits {
		return "", false
	}
	token = strings.ToUpper(token[:idDigits+hashDigits])
	if strings.Trim(token, "0123456789ABCDEF") != "" {
		return "", false
	}
	return hashMark(label, token[:idDigits]+"-"+token[idDigits:]), true
}

// Pseudonyms returns the tokens that the action Hash puts in the place of secret: under Options.HashKey first, then under each of
// FormerHashKeys, so that records from before a rotation are found too. Rule is the name of the kind or pattern, empty for a value
// under a key; the part behind the colon is the same for all. Without a key, or with Options.Pseudonym, there are none.
func (m *Masker) Pseudonyms(rule, secret string) []string {
	var tokens []string
	for i := range m.hashKeys {
		tokens = append(tokens, m.hashKeys[i].token(rule, secret))
	}
	return tokens
}
