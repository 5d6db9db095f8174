package sluice

import (
	"cmp"
	"time"
)

// EnrichConfig sets what is added to every record. The zero value adds context, correlation, process and error attributes,
// and what the preset has of the sections below: one that is nil is the preset's.
type EnrichConfig struct {
	Off bool `yaml:"off" doc:"add nothing"`
	// Attributes are added to every record, at its root.
	Attributes map[string]string `yaml:"attributes" doc:"attributes of every record"`
	// Stack says from which level errors carry the stack of the log call: off, error or critical. Empty means error.
	Stack string `yaml:"stack" enum:"off,error,critical" doc:"from which level errors carry a stack"`

	// HTTPRequest, Audio and Occurrence enrich records by their attribute type. The presets have all three.
	HTTPRequest *HTTPRequestConfig `yaml:"http_request" doc:"records of type http_request: status class, route, duration, bytes, user agent"`
	Audio       *AudioConfig       `yaml:"audio" doc:"records of type audio_processing: metadata, stage metrics, quality of the output"`
	Occurrence  *OccurrenceConfig  `yaml:"occurrence" doc:"errors: whether the kind is new, how often it came of late"`
	// System and Container are in the presets staging and production.
	System    *SystemConfig    `yaml:"system" doc:"figures of process and host: CPU, memory, garbage collection, load"`
	Container *ContainerConfig `yaml:"container" doc:"pod, namespace, node and container that the process runs in"`
	// Geo and Resource are in no preset.
	Geo      *GeoConfig      `yaml:"geo" doc:"where a client's address is"`
	Resource *ResourceConfig `yaml:"resource" doc:"attributes that OpenTelemetry's detectors find"`
}

// HTTPRequestConfig sets the enrichment of records of type http_request, see package httprequest.
type HTTPRequestConfig struct {
	Off bool `yaml:"off" doc:"leave it out"`
	// Agents is how many parsed user agents are remembered. 0 means 10,000.
	Agents int `yaml:"agents" min:"1" max:"1000000" doc:"user agents remembered"`
}

// AudioConfig sets the enrichment of records of type audio_processing, see package audio. The zero value adds stage metrics:
// files are read only below directories that are named here.
type AudioConfig struct {
	Off bool `yaml:"off" doc:"leave it out"`
	// OmitStages leaves the group stage_metrics out.
	OmitStages bool `yaml:"omit_stages" doc:"leave stage metrics out"`
	// Files says which file an audio_id names, whose header is read: a path with {audio_id} in its last elements, such as
	// /srv/audio/{audio_id}.wav. What leads out of the directory before that is not read. Empty means no metadata.
	Files string `yaml:"files" doc:"path of the file of an audio_id, with {audio_id} in it, for metadata"`
	// Root is the directory that output_path is in, whose files are measured. Empty means no quality metrics.
	Root string `yaml:"root" doc:"directory of output_path, for quality metrics"`
	// Report logs a record for each file that was measured.
	Report bool `yaml:"report" doc:"log a record for each measured file"`
	// Timeout bounds the measuring of one file. 0 means 30 s.
	Timeout time.Duration `yaml:"timeout" min:"1s" max:"1h" doc:"longest time that measuring a file may take"`
	// Budget is the longest that a log call waits for metadata. 0 means 500 µs.
	Budget time.Duration `yaml:"budget" min:"1us" max:"100ms" doc:"longest time that a log call waits for metadata"`
}

// OccurrenceConfig sets the counting of errors, see package occurrence.
type OccurrenceConfig struct {
	Off bool `yaml:"off" doc:"leave it out"`
	// Level is the level from which records count whatever their type. Empty means error; off means that the type alone says so.
	Level string `yaml:"level" doc:"level from which records count, or off: those of type error alone"`
	// Minutes is how far the count goes back. 0 means 5.
	Minutes int `yaml:"minutes" min:"1" max:"60" doc:"minutes that the count goes back"`
	// Kinds is how many kinds are remembered. 0 means 10,000.
	Kinds int `yaml:"kinds" min:"1" max:"1000000" doc:"kinds of errors remembered"`
}

// SystemConfig sets the figures of process and host, see package system.
type SystemConfig struct {
	Off bool `yaml:"off" doc:"leave them out"`
	// Interval is the time between two readings. 0 means 5 s.
	Interval time.Duration `yaml:"interval" min:"100ms" max:"1h" doc:"time between two readings"`
	// Level is the least level of the records that get the figures. Empty means warn.
	Level string `yaml:"level" doc:"least level of the records that get the figures"`
}

// ContainerConfig sets the attributes of the container, see package container.
type ContainerConfig struct {
	Off bool `yaml:"off" doc:"leave them out"`
}

// GeoConfig sets where the addresses of clients are looked up, see package geo. The enricher stands before the mask, which
// hides addresses.
type GeoConfig struct {
	Off bool `yaml:"off" doc:"leave it out"`
	// Files are databases in MaxMind's format, read again when they change.
	Files []string `yaml:"files" doc:"databases in MaxMind's format"`
	// Keys are the attributes that hold a client's address; empty means the usual ones.
	Keys []string `yaml:"keys" doc:"attributes that hold a client's address"`
	// City and Coordinates are personal data, and left out by default.
	City        bool `yaml:"city" doc:"add the city"`
	Coordinates bool `yaml:"coordinates" doc:"add latitude and longitude"`
	// Language is that of the names. Empty means en.
	Language string `yaml:"language" doc:"language of the names"`
	// Refresh is how often the files are looked at. 0 means 10 s.
	Refresh time.Duration `yaml:"refresh" min:"1s" max:"24h" doc:"how often the files are looked at for a new version"`
}

// ResourceConfig sets the detection of OpenTelemetry's resource attributes, see package otel/resource.
type ResourceConfig struct {
	Off bool `yaml:"off" doc:"leave them out"`
}

// or returns c with the sections that it leaves open from p; neither is written to.
func (c *EnrichConfig) or(p *EnrichConfig) *EnrichConfig {
	if c == nil {
		return p
	}
	m := *c
	m.HTTPRequest, m.Audio, m.Occurrence = cmp.Or(c.HTTPRequest, p.HTTPRequest), cmp.Or(c.Audio, p.Audio), cmp.Or(c.Occurrence, p.Occurrence)
	m.System, m.Container = cmp.Or(c.System, p.System), cmp.Or(c.Container, p.Container)
	m.Geo, m.Resource = cmp.Or(c.Geo, p.Geo), cmp.Or(c.Resource, p.Resource)
	return &m
}
