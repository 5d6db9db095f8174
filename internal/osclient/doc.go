// Package osclient is how Sluice talks to OpenSearch: addresses, TLS, credentials that rotate, and one method, [Client.Do].
//
// It stands on opensearch-go's transport, which picks a node and leaves dead ones out for a while, with everything else of it
// switched off: no retries (who sends knows what may be sent twice), no background requests, no GET / (a least-privilege
// role answers 403 to it).
//
// No error of this package shows a credential.
package osclient
