package provider

import (
	"context"
	"errors"
	"log/slog"
	"slices"
)

// UserFields are the attributes that a user's records get by default: what tells groups of users apart, and nobody's person.
var UserFields = []string{"plan", "roles", "tenant", "region", "locale", "since", "beta"}

// Users returns an enricher that adds what p knows of the user to the records that have user_id: in the request's identifiers, in
// their attributes or in their logger's. Only attributes whose keys are in fields go into the group user; nil means
// [UserFields]. A mask behind the enricher sees them too; one in front of it leaves user_id alone. opts are those of [Cached].
func Users(p Provider, fields []string, opts *Options) (*Cache, error) {
	if p == nil {
		return nil, errors.New("provider: user: the Provider is nil")
	}
	if fields == nil {
		fields = UserFields
	}
	fields = slices.Clone(fields)
	return Cached("user", "user_id", Func(func(ctx context.Context, key string) ([]slog.Attr, error) {
		all, err := p.Fetch(ctx, key)
		if err != nil {
			return nil, err
		}
		return slices.DeleteFunc(slices.Clone(all), func(a slog.Attr) bool { return !slices.Contains(fields, a.Key) }), nil
	}), opts)
}
