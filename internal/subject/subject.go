// Package subject names a person in a receipt without telling who it is.
package subject

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// Token returns a keyed hash of a value (HMAC-SHA-256, hexadecimal) and its key, which is random and kept nowhere: who is
// handed the key can show that the token is of the value, and nobody else can try values.
func Token(value string) (token, key string) {
	var k [32]byte
	_, _ = rand.Read(k[:]) // it never fails (crypto/rand)
	return mac(k[:], value), hex.EncodeToString(k[:])
}

// Is says whether token was made of value with key.
func Is(token, key, value string) bool {
	k, err := hex.DecodeString(key)
	return err == nil && len(k) == 32 && hmac.Equal([]byte(mac(k, value)), []byte(token))
}

func mac(key []byte, value string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(value))
	return hex.EncodeToString(m.Sum(nil))
}
