// Package slogrec records what is logged, so that a test can ask for it.
//
// A [Recorder] is a slog.Handler. Put it where a sink would be, log, and look at the records as data:
//
//	rec := slogrec.New()
//	logger := slog.New(mask.NewHandler(rec, nil))
//	logger.Info("signed in", "password", "hunter2")
//	rec.Require(t, slogrec.Message("signed in"), slogrec.Attr("password", "[REDACTED]"))
//
// # Records
//
// A [Record] has what the handler was given: time, level, message, call site, context, and the attributes of the logger and
// of the record in one tree, with LogValuers resolved, inline groups dissolved and empty groups left out, as the slog.Handler
// documentation asks of every handler. Attrs is that tree as nested maps (the last of several equal keys wins, as in
// JSON), List is the same in order with every duplicate, Get finds a value by its dotted path.
//
// # Matchers
//
// [Level], [AtLeast], [Message], [MessageContains], [Attr], [HasAttr] and [Func] select records; several given to one call
// must all hold; [And], [Or] and [Not] combine them. [Recorder.Find] returns what matches, [Recorder.Require],
// [Recorder.RequireCount] and [Recorder.RequireNone] fail the test and print what was asked for and what was recorded.
//
// # A sink that misbehaves
//
// What stands above a sink is tested by a sink that fails: [FailWith] returns an error, [PanicWith] panics, [BlockOn] holds
// the caller until a [Gate] opens; each for all records or for those that match, and [First] limits it to the first few:
//
//	rec := slogrec.New(slogrec.FailWith(errDisk, slogrec.Level(slog.LevelError), slogrec.First(3)))
//
// Records that were refused are not among [Recorder.Records] but among [Recorder.Refused], so a test can balance the books.
//
// # Concurrency
//
// Every recorder is independent of every other, and all methods are safe for concurrent use: tests may run in parallel
// and log from many goroutines. [Recorder.Await] waits for a number of records without sleeping. Recorders and gates also
// work in a bubble of testing/synctest.
package slogrec
