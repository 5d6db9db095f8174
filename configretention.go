package sluice

import (
	"context"
	"fmt"
	"time"

	"github.com/sluicelog/sluice/compliance"
	"github.com/sluicelog/sluice/handler/opensearch/bootstrap"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

// ClassConfig is a class of retention: the records that a query matches, and how long they are kept. The first class that matches a record
// decides.
type ClassConfig struct {
	// Query says which records, in the language of package search: tenant:acme, level>=error.
	Query string `yaml:"query" doc:"which records, for example tenant:acme or level>=error"`
	// KeepFor is the age at which they are removed. 0 means never, which only a store can do.
	KeepFor time.Duration `yaml:"keep_for" min:"1m" doc:"age at which they are removed; none keeps them for ever"`
}

// classes understands classes of retention.
func (ck *checker) classes(field string, configs []ClassConfig) []store.Class {
	var out []store.Class
	for i, c := range configs {
		q, err := search.Parse(c.Query)
		if err != nil || c.Query == "" {
			why := ""
			if err != nil {
				why = " (" + err.Error() + ")"
			}
			ck.bad(fmt.Sprintf("%s[%d].query", field, i), c.Query, "a query such as tenant:acme"+why)
		}
		keep := c.KeepFor
		if keep == 0 {
			keep = -1
		}
		out = append(out, store.Class{Query: q, KeepFor: keep})
	}
	return out
}

// retention is that of a stream.
func (ck *checker) retention(field string, c *OpenSearchConfig) bootstrap.Retention {
	r := bootstrap.Retention{KeepFor: c.Keep}
	for _, class := range ck.classes(field+".classes", c.Classes) {
		r.Classes = append(r.Classes, bootstrap.Class(class))
	}
	if dir := c.HoldsFrom; dir != "" {
		r.Holds = func(context.Context) ([]search.Query, error) { return compliance.HoldQueries(dir) }
	}
	if (len(r.Classes) > 0 || r.Holds != nil) && !c.EnsureTemplate {
		ck.bad(field+".classes", "", "ensure_template: true beside classes and holds_from: retention is otherwise not this program's")
	}
	if err := (&bootstrap.Options{Retention: r}).Validate(); err != nil {
		ck.bad(field, "", "a retention that can be kept ("+err.Error()+")")
	}
	return r
}
