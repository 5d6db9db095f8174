package template

import (
	"errors"
	"fmt"
)

// Options for NewMiner. The zero value is the recommended setting for any stream.
type Options struct {
	// MaxTemplates is how many templates are kept; the one that was used longest ago makes room. 0 means 1,000; at most
	// 1,000,000.
	MaxTemplates int
	// Distinct is how many different words at a place make it a variable. 0 means 5; 2 to 16.
	Distinct int
}

// Defaults and limits of Options.
const (
	defaultMaxTemplates = 1000
	maxMaxTemplates     = 1_000_000
	defaultDistinct     = 5
	minDistinct         = 2
	maxDistinct         = 16
	// similar is the least share of words that messages of one template have in common, in tenths.
	similar = 6
)

// Validate says which fields are out of range and what was expected; nil options are valid. NewMiner takes the nearest
// value in range.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	n := o.clamped()
	if o.MaxTemplates != 0 && n.MaxTemplates != o.MaxTemplates {
		errs = append(errs, fmt.Errorf("template: MaxTemplates is %d: want 1 to %d, or 0 for %d", o.MaxTemplates, maxMaxTemplates, defaultMaxTemplates))
	}
	if o.Distinct != 0 && n.Distinct != o.Distinct {
		errs = append(errs, fmt.Errorf("template: Distinct is %d: want %d to %d, or 0 for %d", o.Distinct, minDistinct, maxDistinct, defaultDistinct))
	}
	return errors.Join(errs...)
}

// clamped returns o with defaults for zero values and every field in range.
func (o *Options) clamped() Options {
	var n Options
	if o != nil {
		n = *o
	}
	if n.MaxTemplates == 0 {
		n.MaxTemplates = defaultMaxTemplates
	}
	if n.Distinct == 0 {
		n.Distinct = defaultDistinct
	}
	n.MaxTemplates = min(max(n.MaxTemplates, 1), maxMaxTemplates)
	n.Distinct = min(max(n.Distinct, minDistinct), maxDistinct)
	return n
}
