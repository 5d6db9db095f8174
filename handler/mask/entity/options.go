package entity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/handler/mask"
)

// The types of entities, as [mask.Entity] has them.
const (
	Person       = "PERSON"
	Location     = "LOCATION"
	Organization = "ORGANIZATION"
)

// Types returns the types that the tagger finds.
func Types() []string { return []string{Person, Location, Organization} }

// Options says what is masked. The zero value, and nil, masks all three types in the message and in all texts but those under keys
// that are a machine's.
type Options struct {
	// Keep are types that stay readable: LOCATION and ORGANIZATION, for example, where people search by them. Nil: none.
	Keep []string
	// Skip are further keys under which texts are not looked at, whole, in any case: {"codec", "x_name"}. Nil: the built-in ones alone.
	Skip []string
	// Look are keys under which texts are looked at although they are built-in ones of machines: {"host"}. Nil: none.
	Look []string
	// Cache is how many texts are remembered with what is in them. Zero means 4,096; a negative number switches the cache off;
	// clamped to 1,048,576. Texts over 256 bytes are not remembered.
	Cache int
	// Detector finds entities in place of the built-in tagger, which takes over when it fails. It is called where a text has a capital letter or its key is a name's.
	// Types that the tagger does not know are masked too. Nil: the tagger. A [Guard] is used as it is, anything else in one with the options below.
	Detector mask.Detector
	// Budget is the time that Detector may take for a text. Zero means 50 ms; clamped to 1 ms to 10 s.
	Budget time.Duration
	// OnError receives the failures of Detector. Nil: the first of a kind per minute goes to standard error.
	OnError func(error)
}

const (
	defaultCache, maxCache              = 4 << 10, 1 << 20
	defaultBudget, minBudget, maxBudget = 50 * time.Millisecond, time.Millisecond, 10 * time.Second
)

// Validate says what NewHandler and New would clamp or ignore: every problem, joined. Nil options are valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	for _, t := range o.Keep {
		if !slices.Contains(Types(), t) && o.Detector == nil {
			errs = append(errs, fmt.Errorf("entity: Keep: unknown type %q, want one of %s", t, strings.Join(Types(), ", ")))
		}
	}
	for _, l := range []struct {
		name string
		keys []string
	}{{"Skip", o.Skip}, {"Look", o.Look}} {
		if slices.Contains(l.keys, "") {
			errs = append(errs, fmt.Errorf("entity: %s: an empty key is none", l.name))
		}
	}
	if o.Cache > maxCache {
		errs = append(errs, fmt.Errorf("entity: Cache is %d, want at most %d", o.Cache, maxCache))
	}
	if o.Budget != 0 && o.Budget != clamp(o.Budget) {
		errs = append(errs, fmt.Errorf("entity: Budget is %v, want %v to %v (0 for the default)", o.Budget, minBudget, maxBudget))
	}
	return errors.Join(errs...)
}

func clamp(d time.Duration) time.Duration {
	if d == 0 {
		return defaultBudget
	}
	return min(max(d, minBudget), maxBudget)
}
