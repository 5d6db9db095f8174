package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Action is what becomes of a secret. The zero value is Redact.
type Action uint8

const (
	// Redact replaces the secret by a placeholder: [REDACTED] for a key, [EMAIL_REDACTED] for a pattern.
	Redact Action = iota
	// KeepLastFour leaves the last four characters (****1111) of a secret of at least KeepMinimum characters, and
	// redacts a shorter one.
	KeepLastFour
	// Hash replaces the secret by a token that is the same for the same secret, [EMAIL_HASH:9F86D081884C7D65]: the
	// first 64 bits of an HMAC-SHA256 under Options.HashKey. Without a key it is Redact.
	Hash
	// Drop removes the attribute, the map entry, the field, or the matched text.
	Drop
	// Allow leaves it alone.
	Allow
)

// KeepMinimum is the number of characters from which KeepLastFour keeps any: four of a shorter secret are too large a part.
const KeepMinimum = 12

var (
	_ encoding.TextMarshaler   = Redact
	_ encoding.TextUnmarshaler = (*Action)(nil)
)

var actionNames = [...]string{Redact: "redact", KeepLastFour: "last4", Hash: "hash", Drop: "drop", Allow: "allow"}

// String returns the action's name as ParseAction takes it.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

// ParseAction returns the action of that name, in any case: redact, last4, hash, drop, allow.
func ParseAction(name string) (Action, error) {
	for i, n := range actionNames {
		if strings.EqualFold(name, n) {
			return Action(i), nil
		}
	}
	return Redact, fmt.Errorf("mask: action %q: want one of %s", name, strings.Join(actionNames[:], ", "))
}

// MarshalText writes the action's name.
func (a Action) MarshalText() ([]byte, error) {
	if int(a) >= len(actionNames) {
		return nil, fmt.Errorf("mask: %v is no action", a)
	}
	return []byte(actionNames[a]), nil
}

// UnmarshalText reads what ParseAction takes.
func (a *Action) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAction(string(text))
	return err
}

// The marks that stand for what is left out. All of them are left alone by a second pass.
const (
	markRedacted    = "[REDACTED]"
	markDepth       = "[DEPTH_LIMIT_EXCEEDED]"
	markSize        = "[SIZE_LIMIT_EXCEEDED]"
	markCycle       = "[CYCLE]"
	markUninspected = "[UNINSPECTED]"
	keptPrefix      = "****"
	hashDigits      = 16
)

// replacement returns what stands for secret under action a. Label is the rule's name, empty for a key.
func (m *Masker) replacement(a Action, label, secret string) string {
	switch a {
	case Drop:
		return ""
	case Hash:
		if len(m.hashKey) > 0 {
			mac := hmac.New(sha256.New, m.hashKey)
			mac.Write([]byte(secret))
			if label != "" {
				label += "_"
			}
			return fmt.Sprintf("[%sHASH:%X]", label, mac.Sum(nil)[:hashDigits/2])
		}
	case KeepLastFour:
		if utf8.RuneCountInString(secret) >= KeepMinimum {
			i := len(secret)
			for range 4 {
				_, n := utf8.DecodeLastRuneInString(secret[:i])
				i -= n
			}
			return keptPrefix + secret[i:]
		}
	}
	if label == "" {
		return markRedacted
	}
	return "[" + label + "_REDACTED]"
}

// masked says whether s is, as a whole, what replacement or a limit left.
func masked(s string) bool {
	if rest, ok := strings.CutPrefix(s, keptPrefix); ok {
		return utf8.RuneCountInString(rest) <= 4
	}
	return len(s) > 2 && s[0] == '[' && placeholderEnd(s) == len(s)
}

// placeholderEnd returns the length of the placeholder that s begins with, 0 for none.
func placeholderEnd(s string) int {
	i := 1
	for i < len(s) && i < 64 && (upper(s[i]) || digit(s[i]) || s[i] == '_') {
		i++
	}
	if i == len(s) || i == 1 {
		return 0
	}
	name := s[1:i]
	switch s[i] {
	case ']':
		switch {
		case name == "REDACTED", strings.HasSuffix(name, "_REDACTED"), strings.HasSuffix(name, "_BYTES_CUT"), s[:i+1] == markDepth, s[:i+1] == markSize,
			s[:i+1] == markCycle, s[:i+1] == markUninspected:
			return i + 1
		}
	case ':':
		if name != "HASH" && !strings.HasSuffix(name, "_HASH") {
			return 0
		}
		j := i + 1
		for j < len(s) && (digit(s[j]) || s[j] >= 'A' && s[j] <= 'F') {
			j++
		}
		if j == i+1+hashDigits && j < len(s) && s[j] == ']' {
			return j + 1
		}
	}
	return 0
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }
