package mask

import (
	"encoding"
	"fmt"
	"strings"
)

// Action is what becomes of a secret. The zero value is Redact.
type Action uint8

const (
	// Redact replaces the secret by a placeholder: [REDACTED] for a key, [EMAIL_REDACTED] for a pattern.
	Redact Action = iota
	// KeepLastFour leaves the last four characters of a secret of at least KeepMinimum characters (****e5f6), and
	// redacts a shorter one. Of a number of at least KeepMinimum digits, a telephone number of at least ten, it leaves
	// the form too: **** **** **** 1111, +* (***) ***-0154.
	KeepLastFour
	// Hash replaces the secret by a pseudonym, a token that is the same for the same secret: [EMAIL_HASH:3F2A-9F86D081884C7D65].
	// In front of the dash stands the identifier of the key, which tells tokens from before a rotation; behind it the
	// first 64 bits of an HMAC-SHA256 under Options.HashKey. Without a key it is Redact. A pseudonym is still personal
	// data (GDPR, recital 26): who has the key can try values, and what one person did stays linked.
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
)

// replacement returns what stands for secret under action a. Label is the rule's name, empty for a key.
func (m *Masker) replacement(a Action, label, secret string) string {
	switch a {
	case Drop:
		return ""
	case Hash:
		if m.pseudonym != nil {
			if mark, ok := ownToken(label, m.pseudonym(secret)); ok {
				return mark
			}
		} else if len(m.hashKeys) > 0 {
			return m.hashKeys[0].token(label, secret)
		}
	case KeepLastFour:
		if kept := keepLastFour(label, secret); kept != "" {
			return kept
		}
	}
	if label == "" {
		return markRedacted
	}
	return "[" + label + "_REDACTED]"
}

// masked says whether s is, as a whole, what replacement or a limit left.
func masked(s string) bool {
	if s == "" {
		return false
	}
	if c := s[0]; c == '*' || c == '+' || c == '(' {
		return keptLen(s) == len(s)
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
		for j < len(s) && (digit(s[j]) || s[j] >= 'A' && s[j] <= 'F' || s[j] == '-' && j == i+1+idDigits) {
			j++
		}
		if j == i+1+idDigits+1+hashDigits && j < len(s) && s[j] == ']' {
			return j + 1
		}
	}
	return 0
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }
