package sluice

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/conf"
)

// Config describes a whole chain: level, mask, enrich, sample, queue and sinks. The zero Config is the chain of the
// environment that SLUICE_ENV names (development when it is unset); a section that is nil or empty has that environment's
// setting. It can be written in code, read from a YAML file by [LoadConfig], and overridden by environment variables; the
// order of precedence is code, environment variables, file, preset. schema.json is its published JSON schema.
type Config struct {
	// Environment chooses the preset: development, test, staging or production. Empty means SLUICE_ENV, else development.
	Environment string `yaml:"environment" doc:"development, test, staging, production, or a name under environments"`
	// Service names what logs.
	Service ServiceConfig `yaml:"service" doc:"what logs"`
	// Level is a default level and levels per logger or package prefix: info,store=debug. Empty means LOG_LEVEL, else the
	// preset's level. See [level.Controller].
	Level string `yaml:"level" doc:"default level and levels per logger prefix, for example info,store=debug"`
	// Mask, Enrich, Sample and Queue set the stages; nil means the preset.
	Mask   *MaskConfig   `yaml:"mask" doc:"redaction"`
	Enrich *EnrichConfig `yaml:"enrich" doc:"attributes added to every record"`
	Sample *SampleConfig `yaml:"sample" doc:"adaptive sampling"`
	Queue  *QueueConfig  `yaml:"queue" doc:"the bounded queue between callers and sinks"`
	// Audit sets the audit trail; nil means none.
	Audit *AuditConfig `yaml:"audit" doc:"tamper-evident audit trail"`
	// Sinks are where the records go; empty means the preset's.
	Sinks []SinkConfig `yaml:"sinks" doc:"where records go"`
	// ReloadOnSIGHUP reopens log files and reads the file that the Config came from again when the process gets SIGHUP. The
	// production preset sets it.
	ReloadOnSIGHUP bool `yaml:"reload_on_sighup" doc:"on SIGHUP, reopen log files and read this file again"`

	// OnError receives every error of a stage or sink; nil means that the first of a kind per minute goes to stderr.
	OnError func(error) `yaml:"-"`
	// Enrichers are further enrichers, made by the user, who closes them; they are asked last.
	Enrichers []enrich.Enricher `yaml:"-"`
	// Handlers are further sinks, made by the user; they take part in the fan-out.
	Handlers []slog.Handler `yaml:"-"`

	// DocumentID names the document of a record in opensearch sinks, for a program that may log a record twice; nil means that a name is
	// made. See [opensearch.Options].
	DocumentID func(context.Context, slog.Record) string `yaml:"-"`

	// Stdout and Stderr are what the outputs stdout and stderr mean; nil means the process' own.
	Stdout io.Writer `yaml:"-"`
	Stderr io.Writer `yaml:"-"`

	// origin is the file that LoadConfig read, and loaded what it read there, for a reload.
	origin string
	loaded *Config
	// overlaid says that the file has an overlay for the environment, which may then have any name.
	overlaid bool
	// foreign says that the environment is not this process'.
	foreign bool
}

// ServiceConfig names what logs. Empty fields come from OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES; a name that is
// not given anywhere is the executable's.
type ServiceConfig struct {
	Name    string `yaml:"name" doc:"service.name"`
	Version string `yaml:"version" doc:"service.version"`
}

// MaskConfig sets the mask. The zero value masks all default keys and patterns.
type MaskConfig struct {
	// Off switches masking off. It is refused in production.
	Off bool `yaml:"off" doc:"switch masking off; refused in production"`
	// Keys are masked in addition to the default keys, AllowKeys never.
	Keys      []string `yaml:"keys" doc:"further keys whose values are masked"`
	AllowKeys []string `yaml:"allow_keys" doc:"keys whose values are never masked"`
	// Enable and Disable switch kinds of patterns: EMAIL, PHONE, IP_ADDRESS, …
	Enable  []string `yaml:"enable" doc:"kinds of patterns to mask in addition, for example IP_ADDRESS"`
	Disable []string `yaml:"disable" doc:"kinds of patterns not to mask, for example PHONE"`
	// Actions say what becomes of a kind or a key: redact, last4, hash, drop, allow.
	Actions map[string]string `yaml:"actions" enum:"redact,last4,hash,drop,allow" doc:"what becomes of a kind or key"`
	// HashKey is the key of the hash action, at least 16 bytes: a text, or file:PATH.
	HashKey conf.Secret `yaml:"hash_key" doc:"key of the hash action, as ${env:NAME} or file:PATH"`
	// FormerHashKeys are keys that HashKey has taken the place of, by which older tokens are still found.
	FormerHashKeys []conf.Secret `yaml:"former_hash_keys" doc:"keys before a rotation, as ${env:NAME} or file:PATH, by which sluice mask --pseudonym finds older tokens"`
	// ReportEvery is how often a record tells what was masked and where, when something was. It is not sampled. 0 means 10 minutes, and never in
	// development and test.
	ReportEvery time.Duration `yaml:"report_every" min:"1s" max:"24h" doc:"how often a record tells what was masked, by rule and attribute path"`
	// NoReport leaves that record out.
	NoReport bool `yaml:"no_report" doc:"no record tells what was masked"`
	// Entities are the names of persons, places and organisations, which a model finds behind the queue.
	Entities EntitiesConfig `yaml:"entities" doc:"names of persons, places and organisations"`
	// Rules are the user's own patterns.
	Rules []MaskRule `yaml:"rules" doc:"own patterns"`
}

// EntitiesConfig sets the masking of names, in messages and in attributes that hold prose. The zero value masks all of them,
// except in development and test.
type EntitiesConfig struct {
	// Mode is on or off; empty means on, except in development and test.
	Mode string `yaml:"mode" enum:"on,off" doc:"on or off; default on, except in development and test"`
	// Keep are types that stay readable: PERSON, LOCATION, ORGANIZATION.
	Keep []string `yaml:"keep" doc:"types that stay readable: PERSON, LOCATION, ORGANIZATION"`
}

// MaskRule is a pattern of the user's own.
type MaskRule struct {
	Name     string   `yaml:"name" doc:"the placeholder is [NAME_REDACTED]"`
	Pattern  string   `yaml:"pattern" doc:"regular expression (RE2)"`
	Literals []string `yaml:"literals" doc:"texts of which every match contains one; the expression runs only where one stands"`
	// Keywords and Validator narrow the rule; empty means that nothing does.
	Keywords  []string `yaml:"keywords" doc:"words of which one must stand in the 48 bytes before a match"`
	Validator string   `yaml:"validator" enum:"luhn,mod97,verhoeff,random" doc:"check that a match must pass"`
	Action    string   `yaml:"action" enum:"redact,last4,hash,drop,allow" doc:"what becomes of a match"`
}

// SampleConfig sets sampling. The zero value has the default rates: debug .01, info .1, warn .5, error and critical 1.
type SampleConfig struct {
	Off bool `yaml:"off" doc:"keep every record"`
	// First puts the sampler before the mask, which saves masking what is dropped.
	First bool `yaml:"first" doc:"sample before masking"`
	// Rates by level name.
	Rates map[string]float64 `yaml:"rates" min:"0" max:"1" doc:"share kept by level"`
	// TargetPerSecond is the rate of records above which the load factor rises; 0 means that the rate does not count.
	TargetPerSecond float64 `yaml:"target_per_second" min:"0" doc:"records a second above which fewer are kept"`
	// Buffer holds the debug and info records of a request and releases them when it logs an error.
	Buffer bool `yaml:"buffer" doc:"hold a request's debug and info records until it fails, drop them when it does not"`
}

// QueueConfig sets the queue. The zero value has 10,000 places, 4 workers and drops the newest record when it is full.
type QueueConfig struct {
	// Off writes synchronously, in the caller's goroutine.
	Off      bool `yaml:"off" doc:"write in the caller's goroutine"`
	Capacity int  `yaml:"capacity" min:"1" max:"16777216" doc:"places in all"`
	Workers  int  `yaml:"workers" min:"1" max:"256" doc:"workers; 1 keeps all records in one order"`
	// Overflow says what a full queue does: drop_newest, drop_oldest or block (at most Timeout, then drop_newest).
	Overflow string        `yaml:"overflow" enum:"drop_newest,drop_oldest,block" doc:"what a full queue does"`
	Timeout  time.Duration `yaml:"timeout" min:"1ms" max:"1h" doc:"how long block, and records of wait_level, wait"`
	// WaitLevel is the level from which records wait instead of being dropped; empty means error.
	WaitLevel string `yaml:"wait_level" doc:"level from which records wait instead of being dropped"`
	// ReportEvery is how often drops are reported as a record; 0 means 10 s.
	ReportEvery time.Duration `yaml:"report_every" min:"1ms" max:"24h" doc:"how often drops are reported as a record"`
}

// SinkConfig is one place where records go.
type SinkConfig struct {
	// Name tells sinks apart in Stats; empty means the type and its number.
	Name string `yaml:"name" doc:"name in the statistics"`
	// Type is console, json, store, opensearch or null.
	Type string `yaml:"type" enum:"console,json,store,opensearch,null" doc:"console, json, store, opensearch or null"`
	// Format of the console: auto (colours on a terminal, else text), color, text or json.
	Format string `yaml:"format" enum:"auto,color,text,json" doc:"how the console writes"`
	// Output of console and json: stdout or stderr. Empty means stderr for console, stdout for json.
	Output string `yaml:"output" enum:"stdout,stderr" doc:"standard stream to write to"`
	// Path is the file that json writes to instead, rotated as Rotate says, or the directory of a store.
	Path   string       `yaml:"path" doc:"file to write to, or directory of a store"`
	Rotate RotateConfig `yaml:"rotate" doc:"rotation of the file"`
	// Store says how a store sink keeps its records.
	Store StoreConfig `yaml:"store" doc:"how a store keeps its records"`
	// OpenSearch says where an opensearch sink sends its documents.
	OpenSearch OpenSearchConfig `yaml:"opensearch" doc:"where OpenSearch is, and how records get there"`
	// Collapse makes one record of many similar ones, in this sink alone. nil leaves them as they are.
	Collapse *CollapseConfig `yaml:"collapse" doc:"make one record of many similar ones"`
	// Level is the least level that this sink takes; empty means all.
	Level string `yaml:"level" doc:"least level of this sink"`
	// Only are the levels that this sink takes, by name; empty means all.
	Only []string `yaml:"only" doc:"the levels that this sink takes"`
	// Optional leaves the sink out, and reports why, when it cannot be opened: another process may have its directory.
	Optional bool `yaml:"optional" doc:"when it cannot be opened, report that and go on without it"`
	// Source writes the source position of each record.
	Source bool `yaml:"source" doc:"write the source position"`
	// Failover names the sink that takes a record which this one failed to take; that sink then gets no other records.
	Failover string `yaml:"failover" doc:"name of the sink that takes over when this one fails"`
}

// RotateConfig sets the rotation of a file. The zero value begins a new file at 100 MiB, compresses rotated ones with zstd, keeps
// 1 GiB in all and syncs each second.
type RotateConfig struct {
	MaxBytes      conf.Size     `yaml:"max_bytes" min:"1KiB" doc:"size at which a new file is begun"`
	MaxAge        time.Duration `yaml:"max_age" min:"1s" doc:"age of a file at which a new one is begun"`
	Interval      time.Duration `yaml:"interval" min:"1s" max:"24h" doc:"a new file at every multiple of this since midnight"`
	MaxFiles      int           `yaml:"max_files" min:"1" doc:"rotated files kept"`
	MaxTotalBytes conf.Size     `yaml:"max_total_bytes" min:"1KiB" doc:"bytes of all files together"`
	Keep          time.Duration `yaml:"keep" min:"1s" doc:"age at which a rotated file is removed"`
	Compress      string        `yaml:"compress" enum:"zstd,gzip,none" doc:"compression of rotated files"`
	Sync          string        `yaml:"sync" enum:"interval,always,none" doc:"when the file is forced to disk"`
}

// StoreConfig sets a store sink. The zero value keeps everything, and syncs five times a second.
type StoreConfig struct {
	// Sync says when records are forced to disk: interval, always or none. Empty means interval.
	Sync string `yaml:"sync" enum:"interval,always,none" doc:"when records are forced to disk"`
	// Keep removes records that are older, KeepLevels those of single levels. 0 keeps them.
	Keep       time.Duration            `yaml:"keep" min:"1m" doc:"age at which records are removed"`
	KeepLevels map[string]time.Duration `yaml:"keep_levels" min:"1m" doc:"age at which records of a level are removed, by its name"`
	// Classes say for some records how long they are kept, in place of Keep and KeepLevels.
	Classes []ClassConfig `yaml:"classes" doc:"records that are kept for a time of their own; the first that matches decides"`
	// MaxBytes removes the oldest records while all of them together take more. 0 means no bound.
	MaxBytes conf.Size `yaml:"max_bytes" min:"1MiB" doc:"bytes that the store may take"`
}

// OpenSearchConfig sets an opensearch sink. The zero value sends to http://localhost:9200, into the data stream
// logs-otel-v1-default.
type OpenSearchConfig struct {
	// URLs are addresses of the cluster's nodes, or of a gateway.
	URLs []string `yaml:"urls" doc:"addresses, for example https://search.example.com:9200"`
	// Stream is the data stream.
	Stream string `yaml:"stream" doc:"data stream, for example logs-otel-v1-checkout"`
	// User and Password, or Token, log in. A secret that is env:NAME or file:PATH is read there, and again when it has been rotated.
	User     string      `yaml:"user" doc:"user name"`
	Password conf.Secret `yaml:"password" doc:"password, as ${env:NAME}, env:NAME or file:PATH"`
	Token    conf.Secret `yaml:"token" doc:"bearer token, as ${env:NAME}, env:NAME or file:PATH"`
	// CAFile, Pins, CertFile and KeyFile are TLS: whom to trust, and who one is.
	CAFile   string   `yaml:"ca_file" doc:"PEM file with the authorities of the nodes' certificates"`
	Pins     []string `yaml:"pins" doc:"SHA-256 fingerprints of certificates or authorities"`
	CertFile string   `yaml:"cert_file" doc:"client certificate in PEM"`
	KeyFile  string   `yaml:"key_file" doc:"key of the client certificate in PEM"`
	// Format is the spelling of documents; empty means otel.
	Format string `yaml:"format" enum:"otel,ss4o,ecs,flat" doc:"spelling of the documents"`
	// EnsureTemplate installs or renews templates, data stream and retention when the chain is opened; it needs the permission. A node
	// that does not answer then delays nothing: records wait until it does and the templates are made. A refusal that no waiting mends,
	// such as a wrong password, is Open's error.
	EnsureTemplate bool `yaml:"ensure_template" doc:"install index template and retention when the chain is opened"`
	// Keep is the age at which records are removed; it needs EnsureTemplate. 0 means the recommended one.
	Keep time.Duration `yaml:"keep" min:"1h" doc:"age at which records are removed; needs ensure_template"`
	// Classes say for some records how long they are kept, at most as long as Keep; HoldsFrom is the directory of a store whose legal
	// holds hold here too. Both need EnsureTemplate, and the permission to delete documents.
	Classes   []ClassConfig `yaml:"classes" doc:"records that are removed before the others; needs ensure_template"`
	HoldsFrom string        `yaml:"holds_from" doc:"directory of a store whose legal holds keep records here too; needs ensure_template"`
	// Spool is a directory that keeps records until OpenSearch has them, through crashes and days without OpenSearch.
	Spool string `yaml:"spool" doc:"directory that keeps records until OpenSearch has them"`
	// SpoolBytes bounds the spool. 0 means the recommended bound.
	SpoolBytes conf.Size `yaml:"spool_bytes" min:"1MiB" doc:"bytes that the spool may take"`
	// DeadLetters is the file of documents that OpenSearch rejects for good.
	DeadLetters string `yaml:"dead_letters" doc:"file of rejected documents, with the reasons"`
	// Wait lets callers wait when there is no room, instead of dropping the record: for programs that read a stream.
	Wait bool `yaml:"wait" doc:"let callers wait when there is no room, instead of dropping the record"`
	// Gzip compresses requests.
	Gzip bool `yaml:"gzip" doc:"compress requests"`
}

// CollapseConfig sets the collapsing of similar records. The zero value gathers 1,000 records or one second, and makes one
// record of more than 5.
type CollapseConfig struct {
	Records   int           `yaml:"records" min:"1" max:"1000000" doc:"records after which a window ends"`
	Interval  time.Duration `yaml:"interval" min:"1ms" max:"1h" doc:"time after which a window ends"`
	Threshold int           `yaml:"threshold" min:"1" max:"1000" doc:"largest group that passes unchanged"`
}

// Size is a number of bytes; in a file also with a unit, such as 64KiB or 100MB.
type Size = conf.Size

// Secret is a configuration value that no error, log or dump shows.
type Secret = conf.Secret

// ConfigError says what is wrong with one field of a Config: where it stands, its path, its value, and what is allowed. The
// errors of [LoadConfig] and [Open] about a configuration are one or more of these, joined (errors.As finds the first).
type ConfigError = conf.Error

// closing bounds how long an internal Close may take where the caller gave no context.
const closing = 10 * time.Second

func closingContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), closing)
}
