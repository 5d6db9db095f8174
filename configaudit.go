package sluice

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/internal/conf"
)

// AuditConfig sets the audit trail: the outermost stage of the chain, which takes the records of audit.Log. They pass neither sampling nor
// queue, and are on disk when the call returns. The zero value but for Path fails closed after two seconds. It cannot be changed by a
// reload: a log has one writer.
type AuditConfig struct {
	// Path is the directory of the tamper-evident log.
	Path string `yaml:"path" doc:"directory of the tamper-evident log"`
	// Origin names the log in its checkpoints: a host and path, unique. Empty means the service's name.
	Origin string `yaml:"origin" doc:"name of the log in its checkpoints, for example example.com/shop; default the service's name"`
	// KeyDir holds its keys; a directory that is not copied with the log is better. Empty means keys in Path.
	KeyDir string `yaml:"key_dir" doc:"directory of its keys, better not in path and not in backups"`
	// MasterKey wraps the keys of subjects: 64 hexadecimal digits. Empty means one that is made and kept in KeyDir.
	MasterKey conf.Secret `yaml:"master_key" doc:"key of the subjects' keys, 64 hexadecimal digits, as ${env:NAME} or file:PATH"`
	// Files are further sinks: files of JSON lines, without proof, each with an fsync an event.
	Files []string `yaml:"files" doc:"further files that get every event as a JSON line"`
	// RequireAll wants every sink to have an event; otherwise one is enough.
	RequireAll bool `yaml:"require_all" doc:"an event counts as recorded when every sink has it; default one"`
	// FailOpen lets the caller go on when an event is not recorded, and reports it.
	FailOpen bool `yaml:"fail_open" doc:"let callers go on when an event is not recorded; default they get the error"`
	// Deadline is how long a call waits. 0 means 2 s.
	Deadline time.Duration `yaml:"deadline" min:"1ms" max:"1h" doc:"how long a call waits for the sinks"`
	// PseudonymiseActors stores tokens in place of actors' identifiers.
	PseudonymiseActors bool `yaml:"pseudonymise_actors" doc:"store tokens in place of actors' identifiers, until their keys are destroyed"`
	// CheckpointEvery, IdleEvery and EpochEvery are how soon a checkpoint follows an entry, how often one is made without, and how often the
	// signing key changes. 0 means 1 s, 1 min and 24 h.
	CheckpointEvery time.Duration `yaml:"checkpoint_every" min:"10ms" doc:"how soon a checkpoint follows an entry"`
	IdleEvery       time.Duration `yaml:"idle_every" min:"1s" doc:"time between checkpoints when nothing happens"`
	EpochEvery      time.Duration `yaml:"epoch_every" min:"1m" doc:"how often the signing key changes"`
	// NoAnchor keeps checkpoints from the chain's sinks, which get each as an ordinary record.
	NoAnchor bool `yaml:"no_anchor" doc:"do not send checkpoints to the sinks as records"`
	// WitnessFiles get every checkpoint, signed; they should be on another host.
	WitnessFiles []string `yaml:"witness_files" doc:"files, better on another host, that get every checkpoint"`
}

// auditPlan is an AuditConfig with its texts understood.
type auditPlan struct {
	trail   audit.Options
	handler audit.HandlerOptions
}

func (ck *checker) audit(c *Config) *auditPlan {
	a := c.Audit
	if a == nil {
		return nil
	}
	if a.Path == "" {
		ck.bad("audit.path", "", "the directory of the log")
	}
	origin := a.Origin
	if origin == "" {
		origin = strings.Map(func(r rune) rune {
			if r <= ' ' || r == '+' {
				return '-'
			}
			return r
		}, c.Service.Name)
	}
	p := &auditPlan{
		trail: audit.Options{Origin: origin, KeyDir: a.KeyDir, MasterKey: ck.masterKey(a.MasterKey),
			CheckpointEvery: a.CheckpointEvery, IdleEvery: a.IdleEvery, EpochEvery: a.EpochEvery},
		handler: audit.HandlerOptions{Deadline: a.Deadline, RequireAll: a.RequireAll, FailOpen: a.FailOpen, PseudonymiseActors: a.PseudonymiseActors},
	}
	if strings.ContainsAny(origin, " +\t\n") {
		ck.bad("audit.origin", origin, "no blank and no plus sign")
	}
	seen := map[string]bool{}
	for field, paths := range map[string][]string{"files": a.Files, "witness_files": a.WitnessFiles} {
		for i, f := range paths {
			if f == "" || seen[f] {
				ck.bad(fmt.Sprintf("audit.%s[%d]", field, i), f, "a file of its own")
			}
			seen[f] = true
		}
	}
	return p
}

// masterKey reads a key of 32 bytes. No error shows it.
func (ck *checker) masterKey(s conf.Secret) []byte {
	if s == "" {
		return nil
	}
	text := ck.secret("audit.master_key", s)
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		if len(text) > 0 || !strings.HasPrefix(string(s), "file:") { // else the file's error is told
			ck.bad("audit.master_key", "", "64 hexadecimal digits, the text of 32 bytes")
		}
		return nil
	}
	return key
}

// openAuditSinks opens the log and the further files.
func openAuditSinks(a *AuditConfig, opts audit.Options) (*audit.Trail, []audit.Sink, []*audit.FileSink, error) {
	for _, f := range a.WitnessFiles {
		opts.Witnesses = append(opts.Witnesses, audit.NewFileWitness(f))
	}
	var files []*audit.FileSink
	var sinks []audit.Sink
	closeFiles := func() (errs []error) {
		for _, f := range files {
			errs = append(errs, f.Close())
		}
		return errs
	}
	for _, path := range a.Files {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, nil, nil, errors.Join(append(closeFiles(), err)...)
		}
		f, err := audit.NewFileSink(path)
		if err != nil {
			return nil, nil, nil, errors.Join(append(closeFiles(), err)...)
		}
		files, sinks = append(files, f), append(sinks, f)
	}
	trail, err := audit.Open(a.Path, &opts)
	if err != nil {
		return nil, nil, nil, errors.Join(append(closeFiles(), err)...)
	}
	return trail, append([]audit.Sink{trail}, sinks...), files, nil
}
