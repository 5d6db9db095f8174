package opensearchtest

import (
	"fmt"
	"strings"
)

// Version is the OpenSearch release that is run.
const Version = "3.4.0"

// mavenPlugin is pinned: what Maven picks by itself differs between machines.
const mavenPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

// artifact is a dependency as Maven names it.
type artifact struct{ group, name, version, kind string }

// pom asks for artifacts; alone leaves out what they depend on.
func pom(alone bool, artifacts ...artifact) string {
	var b strings.Builder
	b.WriteString("<project><modelVersion>4.0.0</modelVersion><groupId>sluice</groupId><artifactId>node</artifactId><version>1</version><dependencies>\n")
	for _, a := range artifacts {
		fmt.Fprintf(&b, "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version><type>%s</type>", a.group, a.name, a.version, a.kind)
		if alone {
			b.WriteString("<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>")
		}
		b.WriteString("</dependency>\n")
	}
	b.WriteString("</dependencies></project>\n")
	return b.String()
}

var distribution = artifact{"org.opensearch.distribution.integ-test-zip", "opensearch", Version, "zip"}

// module is one of OpenSearch's modules. The distribution on Maven Central comes without them, and their jars come without
// the descriptor that the node wants.
type module struct {
	name, class, extends string
	jars                 []string // file name patterns
	policy               string   // plugin-security.policy
}

var modules = []module{
	{
		name: "lang-painless", class: "org.opensearch.painless.PainlessModulePlugin",
		jars:   []string{"lang-painless-*.jar", "opensearch-scripting-painless-spi-*.jar", "antlr4-runtime-*.jar", "asm-*.jar"},
		policy: "grant {\n  permission java.lang.RuntimePermission \"createClassLoader\";\n  permission java.lang.RuntimePermission \"getClassLoader\";\n};\n",
	},
	{
		name: "ingest-common", class: "org.opensearch.ingest.common.IngestCommonModulePlugin", extends: "lang-painless",
		jars: []string{"ingest-common-*.jar", "opensearch-grok-*.jar", "opensearch-dissect-*.jar", "joni-*.jar", "jcodings-*.jar"},
	},
	{
		name: thaiModule, class: "org.opensearch.analysis.common.CommonAnalysisModulePlugin", extends: "lang-painless",
		jars: []string{"analysis-common-*.jar"},
	},
	{name: "mapper-extras", class: "org.opensearch.index.mapper.MapperExtrasModulePlugin", jars: []string{"mapper-extras-client-*.jar"}},
	{name: "geo", class: "org.opensearch.geo.GeoModulePlugin", jars: []string{"geo-*.jar"}},
	{
		name: "reindex", class: "org.opensearch.index.reindex.ReindexModulePlugin",
		jars: []string{
			"reindex-client-*.jar", "opensearch-rest-client-*.jar", "opensearch-ssl-config-*.jar", "httpclient5-*.jar",
			"httpcore5-*.jar", "commons-codec-*.jar", "commons-logging-*.jar", "slf4j-api-*.jar",
		},
	},
}

// thaiModule needs locale data that a trimmed runtime lacks; with it there every shard fails.
const thaiModule = "analysis-common"

func moduleArtifacts() []artifact {
	var out []artifact
	for _, name := range []string{
		"ingest-common", "analysis-common", "lang-painless", "opensearch-scripting-painless-spi", "mapper-extras-client", "reindex-client", "geo",
	} {
		out = append(out, artifact{"org.opensearch.plugin", name, Version, "jar"})
	}
	return out
}

// securityArtifacts are the plugin and the library that its evaluation of privileges needs and that the rule-framework
// plugin, which Maven Central lacks, would have brought.
func securityArtifacts() []artifact {
	return []artifact{
		{"org.opensearch.plugin", "opensearch-security", Version + ".0", "zip"},
		{"org.apache.commons", "commons-collections4", "4.4", "jar"},
	}
}

func (m module) descriptor() string {
	return fmt.Sprintf("description=%s\nversion=%s\nname=%s\nclassname=%s\njava.version=21\nopensearch.version=%s\nextended.plugins=%s\nhas.native.controller=false\n",
		m.name, Version, m.name, m.class, Version, m.extends)
}
