// Package sluice is a stack of log/slog handler middleware for production: records are masked, enriched, sampled, queued and
// fanned out, and what becomes of each of them is counted.
//
// A program keeps log/slog and opens a chain:
//
//	stack, err := sluice.Open(ctx, sluice.Config{})
//	if err != nil { … }
//	defer stack.Close(ctx)
//	slog.SetDefault(stack.Logger())
//
//	slog.InfoContext(ctx, "stage completed", "stage", "denoise", "duration_ms", 850)
//
// The zero [Config] is the chain of the environment that SLUICE_ENV names: readable lines on the terminal in development,
// JSON lines in a rotated file, sampled, in production ([Preset]). [LoadConfig] reads a YAML file instead.
//
// # The order of a chain
//
// A record passes level, mask, enrich, sample, queue, fan-out, sinks:
//
//   - package level drops what is below the level of its logger, before anything is spent on it;
//   - package handler/mask takes secrets and personal data out, before anything stores, matches, retries or spills them;
//   - package handler/enrich adds what the record needs to be found: the request's identifiers (package correlate), the
//     process, the error's chain and stack, at the root of the record even for a logger in a group;
//   - package handler/sample keeps a share by level, load and importance, whole traces at a time. It may stand first, where
//     the attributes that it weighs are the caller's own: what is dropped is then not masked in vain;
//   - package handler/async takes the record from the caller in a bounded queue, so that a slow sink never holds it;
//   - package handler/jsonl and others are the ends.
//
// Every stage is a plain slog.Handler around the next, correct at every place and usable alone: [Open] composes them with
// github.com/samber/slog-multi, and examples/byhand does the same without this package.
//
// # The audit trail and compliance
//
// With [Config.Audit] package audit stands before all of this: the records of audit.Log are on disk, in a log that shows when it was
// tampered with, when the call returns, and pass neither sampling nor queue. Its checkpoints go to the sinks as ordinary records. Package
// compliance erases a person everywhere with one receipt, holds records for a court, and reports what is collected, masked and kept.
//
// # The books
//
// [Stack.Stats] says what became of every record: delivered, sampled out, dropped, failed, collapsed or still queued. After
// [Stack.Flush] the sum is what was accepted, also after overflow, errors, panics and a close in the middle.
//
// # What to read first
//
// This page; [Config]; examples/pipeline, which runs all of it on audio; then the package of the stage at hand.
package sluice
