// Package audit is a tamper-evident audit trail for log/slog.
//
//	trail, err := audit.Open("/var/lib/app/audit", &audit.Options{Origin: "example.com/app", Anchor: remote})
//	if err != nil { … }
//	defer trail.Close(ctx)
//	h, err := audit.NewHandler(next, nil, trail) // first in the chain
//	logger := slog.New(h)
//	err = audit.Log(ctx, logger, "Configuration changed", audit.Event{Actor: …, Action: "config.change", Target: …, Old: …, New: …})
//
// [Log] returns when the event is on disk, or an error that wraps [ErrNotRecorded] and names the sink. The audit lane alone is
// exempt from the promise that a log call takes less than a millisecond: one fsync takes 0.2 to 1 ms and more on a slow disk.
// Callers that come together share one.
//
// # What is in the directory
//
//   - entries: a journal (package internal/journal has the format) of entries, JSON each; sequence n is entry n-1. An entry holds
//     the hash of the one before, which names an entry that was changed.
//   - tile: the Merkle tree of RFC 6962 over the entries, leaf hash SHA-256(0x00, entry), in the C2SP tlog-tiles layout.
//   - notes: a journal of signed notes: checkpoints (C2SP tlog-checkpoint, with one extension line "time RFC3339") and
//     announcements of signing keys (origin/epoch, number, size, verifier key), each signed by the key before.
//   - checkpoint: the last checkpoint. audit.pub: the public key of epoch 0. erased: the keys of erased subjects, as their tombstones say.
//   - keys: the private signing key, the master key, and the wrapped keys of subjects, unless Options.KeyDir says otherwise.
//
// # What is found, and what is not
//
// [Verify] finds every changed, missing and added byte of entries, tree and checkpoints against somebody who can write the
// directory and has no key. It names the first bad entry where the tree or the chain was left as it was, and otherwise
// the stretch between two checkpoints. With the current signing key, which is in the directory unless KeyDir says otherwise,
// everything before the last change of keys is still safe: earlier private keys are erased, and a checkpoint counts only
// inside the epoch of its key.
//
// Without an anchor these are not found:
//
//   - the log cut back to one of its own earlier checkpoints, with everything that came later (no key is needed);
//   - entries after the last change of keys edited, deleted or cut by who has the current key;
//   - entries behind the last checkpoint changed, while the log is open or after its process was killed: they are at most as
//     old as Options.CheckpointEvery;
//   - everything replaced by another log, unless VerifyOptions.PublicKey pins the key.
//
// So checkpoints should leave the host: Options.Anchor sends each as an ordinary record, Options.Witnesses show it to
// others, and VerifyOptions.Anchors or MaxAge check against them. TestAttacks tries all of this.
//
// # Personal data
//
// An [Event] with a Subject has its personal fields sealed under a key of that subject alone (AES-256-GCM, wrapped under a
// master key). [Trail.Erase] records a tombstone and destroys the key: the values are unreadable for good, in copies of
// the log too, and the log verifies as before. Erased blocks may live on in file systems that copy on write and in flash
// until they are used again; keep KeyDir out of backups.
//
// The same keys make tokens ([KeyRing.Token]) that stand for a subject's values in logs (mask.Options.Pseudonym) and for actors here
// (HandlerOptions.PseudonymiseActors). When the key is destroyed its tokens stay where they are, and nobody can tell any more whose they
// were, nor make them again. A hash or a sealed value of personal data is pseudonymous and not
// anonymous.
package audit
