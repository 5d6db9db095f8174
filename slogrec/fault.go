package slogrec

// fault is what befalls the records for which when holds.
type fault struct {
	when   Matcher
	strike func() error
}

func addFault(strike func() error, when []Matcher) Option {
	return func(j *journal) { j.faults = append(j.faults, fault{And(when...), strike}) }
}

// FailWith makes Handle return err for the records for which all of when hold, and for every record when there are none. They
// are in [Recorder.Refused]. A nil err does nothing.
func FailWith(err error, when ...Matcher) Option {
	return addFault(func() error { return err }, when)
}

// PanicWith makes Handle panic with v, which must not be nil, for the records for which all of when hold. They are in
// [Recorder.Refused].
func PanicWith(v any, when ...Matcher) Option {
	return addFault(func() error { panic(v) }, when)
}

// BlockOn makes Handle wait for g, whatever its context says, with the records for which all of when hold; then they are
// recorded.
func BlockOn(g *Gate, when ...Matcher) Option {
	return addFault(func() error { g.pass(); return nil }, when)
}
