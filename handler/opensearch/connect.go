package opensearch

import (
	"errors"

	"github.com/sluicelog/sluice/internal/osclient"
)

// Connection says where OpenSearch is, whom to trust, and how to log in. Its zero value is http://localhost:9200 without
// credentials. It prints as hosts alone.
type Connection = osclient.Connection

// Secret is a password or token: itself, or where it is, env:NAME or file:PATH, from where it is read again when it has been
// rotated. It prints as a mark.
type Secret = osclient.Secret

// connect returns the client of a handler. Credentials and certificates are read now, so that a missing one is known at once.
func connect(o *Options) (client, error) { return osclient.New(o.Connection) }

// notSent says whether the request that failed so has not left this host, so that nothing of it can be stored.
func notSent(err error) bool {
	var e *osclient.Error
	return errors.As(err, &e) && e.NotSent
}
