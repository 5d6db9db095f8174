package opensearch

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/fields"
)

// family is what can be asked of a mapped field.
type family uint8

const (
	unmapped family = iota
	keywords
	texts
	numbers
	dates
	booleans
	mixed // of several families in different indices
)

var families = map[string]family{
	"keyword": keywords, "constant_keyword": keywords, "wildcard": keywords, "text": texts, "match_only_text": texts,
	"long": numbers, "integer": numbers, "short": numbers, "byte": numbers, "double": numbers, "float": numbers, "half_float": numbers,
	"scaled_float": numbers, "unsigned_long": numbers, "date": dates, "date_nanos": dates, "boolean": booleans,
}

// column is a mapped field.
type column struct {
	family
	path     string // in documents, that of a keyword below a text where there is one
	docs     bool   // can be sorted by and aggregated
	searched bool
}

// mapping is what the documents' paths are mapped as.
type mapping struct {
	indices []string
	columns map[string]column
	paths   []string // of columns, sorted
}

// mappingAge is how long a mapping is believed.
const mappingAge = 10 * time.Second

func (s *Searcher) mapping(ctx context.Context) (*mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mapped != nil && time.Since(s.fetched) < mappingAge {
		return s.mapped, nil
	}
	var reply struct {
		Indices []string
		Fields  map[string]map[string]struct {
			Type                     string
			Searchable, Aggregatable bool
			Metadata                 bool `json:"metadata_field"`
		}
	}
	if err := s.call(ctx, "GET", s.path("/_field_caps?fields=*&ignore_unavailable=true&allow_no_indices=true"), nil, &reply); err != nil {
		return nil, err
	}
	m := &mapping{indices: reply.Indices, columns: make(map[string]column, len(reply.Fields))}
	for path, types := range reply.Fields {
		c := column{path: path, docs: true, searched: true}
		for name, t := range types {
			f := families[name]
			if f == unmapped { // an object, or metadata
				continue
			}
			if c.family != unmapped && c.family != f {
				f = mixed
			}
			c.family, c.docs, c.searched = f, c.docs && t.Aggregatable, c.searched && t.Searchable
		}
		if c.family != unmapped && !strings.HasPrefix(path, "_") {
			m.columns[path] = c
		}
	}
	m.paths = slices.Sorted(maps.Keys(m.columns))
	s.mapped, s.fetched = m, time.Now()
	return m, nil
}

// column returns what a field of the language is mapped as.
func (m *mapping) column(field string) column {
	path := fields.DocumentPath(field)
	c := m.columns[path]
	if c.family == texts && fields.ByKey(field) == nil {
		// Without a template strings are text with a keyword below them.
		if k := m.columns[path+".keyword"]; k.family == keywords {
			return k
		}
	}
	if c.path == "" {
		c.path = path
	}
	return c
}

// severityNumber is where documents have the level as a number: slog's, 9 higher (OpenTelemetry's INFO is 9).
const (
	severityNumber = "severity.number"
	severityOffset = 9
)

// keys lists the fields of the language that are mapped, sorted. A keyword below a text is none of its own.
func (m *mapping) keys() []string {
	var out []string
	for _, path := range m.paths {
		if base, ok := strings.CutSuffix(path, ".keyword"); ok && m.columns[base].family == texts {
			continue
		}
		if path == severityNumber || slices.ContainsFunc(fields.Table, func(f fields.Field) bool { return slices.Contains(f.Aliases, path) && f.Document != path }) {
			continue
		}
		out = append(out, fields.KeyPath(path))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
