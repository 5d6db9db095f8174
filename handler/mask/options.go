package mask

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// Options says what is masked and how. The zero value, and nil, masks all default keys and patterns.
type Options struct {
	// Keys says what happens to values under further keys, or differently under built-in ones: {"badge": mask.Redact,
	// "user_email": mask.Hash, "token": mask.Allow}. A key is written in any style (user_email, userEmail, User-Email
	// and user.email are one key) and matches whole keys and their ends: "badge" is the key of badge and of employee_badge. The
	// longest match wins. What stands under an allowed key is not looked at, at any depth. Nil: the built-in keys, redacted.
	Keys map[string]Action
	// Kinds says what happens to what a pattern finds, by its name: {"EMAIL": mask.Hash, "CREDIT_CARD": mask.KeepLastFour,
	// "PHONE": mask.Allow, "MAC_ADDRESS": mask.Redact}. Naming a kind switches it on; Allow switches it off. KindNames lists them, and Rules
	// says what they are. NATIONAL_ID speaks for the identifiers of all countries that are not named themselves. Names of Patterns and types of the Detector may stand here too. Nil: the default kinds, redacted.
	Kinds map[string]Action
	// AllKinds switches every kind on, those that are too eager for ordinary logs included.
	AllKinds bool
	// IP has IP addresses masked everywhere. By default they are masked only under keys that hold a client's address
	// (client_ip, remote_addr, x-forwarded-for, …): elsewhere they are what an operator searches by.
	IP bool
	// Patterns are further rules for text.
	Patterns []Pattern
	// HashKey is the secret under which Hash makes its tokens, at least 16 bytes. Needed when an action is Hash: without a
	// proper key Hash redacts.
	HashKey []byte
	// FormerHashKeys are keys that HashKey has taken the place of. No token is made under them; Masker.Pseudonyms tells what a value's
	// tokens were. Nil: none.
	FormerHashKeys [][]byte
	// Pseudonym makes the tokens of Hash in place of HashKey, for keys that can be destroyed one by one, such as audit.KeyRing.Pseudonym
	// of a user's identifier. It returns hexadecimal digits, of which the first 20 (80 bits) stand in the token; the value is redacted
	// when there are fewer. It is called in the caller's goroutine and by several at once. Nil: HashKey does it.
	Pseudonym func(value string) string
	// Detector finds what has no pattern, names of persons for example. Nil: none. See Detector.
	Detector Detector
	// DetectorBudget is the time a text may take in the Detector; past it the text becomes [UNINSPECTED]. Zero means 50 ms;
	// clamped to 1 ms to 10 s.
	DetectorBudget time.Duration
	// ReportInterval is the least time between two records at INFO, ReportMessage, by which a handler tells the next one what it
	// has masked and where. A report comes with the first record after the interval, and only when something was masked. Zero or negative: none;
	// else clamped to 1 s to 24 h.
	ReportInterval time.Duration
	// Reports takes these records. Nil means the next handler, where they are sampled and counted as any other.
	Reports slog.Handler
	// MaxDepth is how many levels of groups, maps, structs and lists are looked into; deeper ones become
	// [DEPTH_LIMIT_EXCEEDED]. Zero means 10; clamped to 1 to 100.
	MaxDepth int
	// MaxText is how many bytes of one text are looked at; the rest is cut off and a mark says how much it was. Zero means
	// 256 KiB; clamped to 1 KiB to 16 MiB.
	MaxText int
}

// KindNames returns the names of all patterns that are built in, as Options.Kinds takes them.
func KindNames() []string {
	kinds := scan.Kinds()
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return names
}

const (
	minReport, maxReport                = time.Second, 24 * time.Hour
	defaultBudget, minBudget, maxBudget = 50 * time.Millisecond, time.Millisecond, 10 * time.Second
	defaultDepth, minDepth, maxDepth    = 10, 1, 100
	defaultText, minText, maxText       = 256 << 10, 1 << 10, 16 << 20
	minHashKey                          = 16
)

// Validate says what NewHandler and New would clamp or ignore: every problem, joined. Nil options are valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("mask: "+format, args...)) }
	hash := ""
	action := func(where string, a Action) {
		if int(a) >= len(actionNames) {
			bad("%s: %v is no action", where, a)
		}
		if a == Hash && hash == "" {
			hash = where
		}
	}
	for _, k := range slices.Sorted(maps.Keys(o.Keys)) {
		action(fmt.Sprintf("Keys[%q]", k), o.Keys[k])
		if len(appendWords(nil, k)) == 0 {
			bad("Keys[%q]: want a key with a letter or a digit and at most %d bytes", k, maxKey)
		}
	}
	names := make(map[string]bool)
	for i, p := range o.Patterns {
		where := fmt.Sprintf("Patterns[%d] (%s)", i, p.Name)
		action(where, p.Action)
		if _, err := p.compile(); err != nil {
			bad("%s: %w", where, err)
		}
		if _, builtIn := kindOf(p.Name); names[p.Name] || builtIn {
			bad("%s: the name is taken", where)
		}
		names[p.Name] = true
	}
	for _, k := range slices.Sorted(maps.Keys(o.Kinds)) {
		where := fmt.Sprintf("Kinds[%q]", k)
		action(where, o.Kinds[k])
		if _, ok := kindOf(k); !ok && !names[k] && (o.Detector == nil || !validName(k)) {
			bad("%s: unknown kind; want one of %s, or the name of a pattern", where, strings.Join(KindNames(), ", "))
		}
	}
	if hash != "" && len(o.HashKey) == 0 && o.Pseudonym == nil {
		bad("%s is hash, which needs HashKey of at least %d bytes", hash, minHashKey)
	}
	if n := len(o.HashKey); n > 0 && n < minHashKey {
		bad("HashKey has %d bytes, want at least %d", n, minHashKey)
	}
	for i, k := range o.FormerHashKeys {
		if len(k) < minHashKey {
			bad("FormerHashKeys[%d] has %d bytes, want at least %d", i, len(k), minHashKey)
		}
	}
	within := func(name string, ok bool, got, lo, hi any) {
		if !ok {
			bad("%s is %v, want %v to %v (0 for the default)", name, got, lo, hi)
		}
	}
	within("DetectorBudget", o.DetectorBudget == clamp(o.DetectorBudget, 0, minBudget, maxBudget), o.DetectorBudget, minBudget, maxBudget)
	within("ReportInterval", o.ReportInterval <= 0 || o.ReportInterval == clamp(o.ReportInterval, 0, minReport, maxReport), o.ReportInterval, minReport, maxReport)
	within("MaxDepth", o.MaxDepth == clamp(o.MaxDepth, 0, minDepth, maxDepth), o.MaxDepth, minDepth, maxDepth)
	within("MaxText", o.MaxText == clamp(o.MaxText, 0, minText, maxText), o.MaxText, minText, maxText)
	return errors.Join(errs...)
}

// clamp returns v within lo and hi, def for 0.
func clamp[T int | time.Duration](v, def, lo, hi T) T {
	if v == 0 {
		return def
	}
	return min(max(v, lo), hi)
}

func kindOf(name string) (scan.Kind, bool) {
	for _, k := range scan.Kinds() {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// Detector finds entities in text that patterns cannot, for example with a language model.
//
// Detect appends to dst what it found in text: byte offsets, and a type such as PERSON, which becomes [PERSON_REDACTED]. The text
// has been masked by keys and patterns already, so no known secret reaches it. It is called for the message and for
// text in attributes, from many goroutines at once, and must not keep text or dst after it returned.
//
// A text is never passed because a detector failed: when Detect panics, gives offsets outside of the text or inside a
// character, or is not done within the budget, the text becomes [UNINSPECTED]. While [maxStray] calls that overran their budget are still
// running, further texts become [UNINSPECTED] at once. A cancelled context of the caller does not reach it; ctx
// ends with the budget.
type Detector interface {
	Detect(ctx context.Context, text string, dst []Entity) []Entity
}

// Entity is what a Detector found: text[Start:End].
type Entity struct {
	// Start and End are byte offsets.
	Start, End int
	// Type is the entity's type in capitals; any other becomes ENTITY.
	Type string
	// Score is how sure the detector is, from 0 to 1. The mask takes all that it is given: a detector has its own threshold.
	Score float64
}
