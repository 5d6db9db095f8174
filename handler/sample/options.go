package sample

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"
)

// levelCritical is CRITICAL, the level above ERROR.
const levelCritical = slog.LevelError + 4

// defaultRates are the base rates of the levels that Options.Rates does not name.
var defaultRates = map[slog.Level]float64{
	slog.LevelDebug: .01,
	slog.LevelInfo:  .1,
	slog.LevelWarn:  .5,
	slog.LevelError: 1,
	levelCritical:   1,
}

var defaultImportance = map[string]float64{"user_facing": 2, "critical_path": 1.5}

const (
	defaultRecentErrorFactor = 1.3
	defaultRecentErrorWindow = time.Minute
	defaultMaxImportance     = 3
	// maxImportanceKeys is how many keys a set of marks has bits for.
	maxImportanceKeys = 64
)

// Options are the settings of a sampler. The zero Options are the recommended production setting.
type Options struct {
	// Rates has the base rate of a level, in [0, 1]: the share of its records that is kept when nothing is loaded and
	// nothing makes a record important. A level that is not named takes the rate of the next lower one that is, a
	// level below all of them that of the lowest. Levels that Rates leaves out of DEBUG .01, INFO .1, WARN .5, ERROR 1
	// and CRITICAL 1 keep these rates, so a nil map means all of them.
	Rates map[slog.Level]float64

	// Importance has the factors, by attribute key, that multiply the rate of a record which carries the attribute as
	// true (the bool, or the text "true"). It is looked for in the record, in the attributes of With, in those of the
	// request and of the process, and in groups. Where a key occurs more than once the last occurrence counts, the
	// record's being the last of all. A factor below 1 makes records less important; an infinite one exempts them from
	// sampling, whatever the base rate, the load and MaxImportance. At most 64 keys are used.
	//
	// Nil means user_facing 2 and critical_path 1.5; an empty map means that attributes do not matter.
	Importance map[string]float64

	// RecentErrorFactor multiplies the rate of every record while a record of ERROR or above was seen less than
	// RecentErrorWindow ago, by the time stamps of the records. 0 means 1.3; 1 turns it off.
	RecentErrorFactor float64
	// RecentErrorWindow is how long an error counts as recent. 0 means a minute.
	RecentErrorWindow time.Duration

	// MaxImportance caps the product of all factors. 0 means 3; below 1 is taken for 1.
	MaxImportance float64

	// Load are the sources of the load factor, each from 0 (idle) to 1 (no room for anything). The highest counts:
	// rates of levels below ERROR are multiplied by 1 minus it. None means that nothing is loaded. Sources are read by
	// callers in passing, about every 10 ms, and must be quick and safe for concurrent use.
	Load []LoadSource

	// MaxPerSecond is the number of records below ERROR that may be kept per second. While the base rates would keep
	// more, the load factor is at least what brings them down to it; what importance adds comes on top. 0 means no
	// such bound.
	MaxPerSecond float64

	// Early lets Enabled decide: it answers false for a record that Handle would drop in any case, because its trace
	// is known from the context and was drawn out. Such a record costs nothing but is not in Stats either. It is
	// exact where the sampler is the first on the chain, and not meant for a sampler behind a [Buffer], which needs
	// the records that Enabled would keep back.
	Early bool
}

// Validate reports every value that is out of range; NewHandler clamps them. A nil Options is valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("sample: "+format, args...))
		}
	}
	for _, l := range slices.Sorted(maps.Keys(o.Rates)) {
		check(o.Rates[l] >= 0 && o.Rates[l] <= 1, "Rates[%s]: %v is not in [0, 1]", name(l), o.Rates[l])
	}
	for _, k := range slices.Sorted(maps.Keys(o.Importance)) {
		check(k != "", "Importance: empty attribute key")
		check(o.Importance[k] >= 0, "Importance[%q]: %v is not a factor of 0 or more", k, o.Importance[k])
	}
	check(len(o.Importance) <= maxImportanceKeys, "Importance: %d keys, at most %d are used", len(o.Importance), maxImportanceKeys)
	check(o.RecentErrorFactor >= 0, "RecentErrorFactor: %v is not a factor of 0 or more", o.RecentErrorFactor)
	check(o.RecentErrorWindow >= 0, "RecentErrorWindow: %v is negative", o.RecentErrorWindow)
	check(o.MaxImportance == 0 || o.MaxImportance >= 1, "MaxImportance: %v is not 1 or more", o.MaxImportance)
	check(o.MaxPerSecond >= 0, "MaxPerSecond: %v is not a number of records of 0 or more", o.MaxPerSecond)
	for i, src := range o.Load {
		check(src != nil, "Load[%d]: nil source", i)
	}
	return errors.Join(errs...)
}

// name is the name of a level, with CRITICAL for what slog calls ERROR+4.
func name(l slog.Level) string {
	switch {
	case l < levelCritical:
		return l.String()
	case l == levelCritical:
		return "CRITICAL"
	}
	return fmt.Sprintf("CRITICAL%+d", int(l-levelCritical))
}

// factor returns f where it can multiply a rate, the default for 0, and no effect for what is no number.
func factor(f, zero float64) float64 {
	switch {
	case math.IsNaN(f):
		return 1
	case f == 0:
		return zero
	}
	return max(f, 0)
}

// unit clamps x to [0, 1]; NaN is 0.
func unit(x float64) float64 {
	switch {
	case x >= 1:
		return 1
	case x > 0:
		return x
	}
	return 0
}
