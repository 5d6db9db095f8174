package deploy

import (
	"fmt"
	"strings"

	"github.com/sluicelog/sluice/internal/fields"
)

// flagsKey is text of two hexadecimal digits on a line and a number in a document.
const flagsKey = "trace_flags"

// levelNumbers are the levels' names and OpenTelemetry's SeverityNumber.
var levelNumbers = []struct {
	name   string
	number int
}{{"DEBUG", 5}, {"INFO", 9}, {"WARN", 13}, {"ERROR", 17}, {"CRITICAL", 21}}

// moved lists the keys that have another path in a document than under attributes, apart from time, level and message.
func moved() []fields.Field {
	var out []fields.Field
	for _, f := range fields.Table {
		switch f.Key {
		case "time", "level", "msg":
		default:
			if _, group := scalarMember(f); group {
				continue
			}
			if f.Document != fields.Attributes+f.Key {
				out = append(out, f)
			}
		}
	}
	return out
}

// scalarMember is the member of the group f.Key that takes a value which is no object where the document has one.
func scalarMember(f fields.Field) (member string, ok bool) {
	member, ok = strings.CutPrefix(f.Document, fields.Attributes+f.Key+".")
	return member, ok && f.Type == fields.Dynamic
}

// wrapped calls line with each group of attributes, and the member of it that takes a value which is no object.
func wrapped(line func(group, member string)) {
	line("error", "message")
	for _, f := range fields.Table {
		if member, ok := scalarMember(f); ok {
			line(f.Key, member)
		}
	}
}

// scripted is a configuration with a script in it: {{moves}} becomes one line for each moved key, {{levels}} one for each level,
// {{wraps}} wrap for each GROUP and MEMBER of wrapped.
func scripted(template, indent string, wrap string, move func(f fields.Field) string, level func(name string, number int) string) []byte {
	var moves, levels, wraps strings.Builder
	wrapped(func(group, member string) {
		wraps.WriteString(strings.NewReplacer("GROUP", group, "MEMBER", member).Replace(wrap) + "\n")
	})
	for _, f := range moved() {
		moves.WriteString(indent + move(f) + "\n")
	}
	for _, l := range levelNumbers {
		levels.WriteString(indent + level(l.name, l.number) + "\n")
	}
	return []byte(strings.NewReplacer(indent+"{{moves}}\n", moves.String(), indent+"{{levels}}\n", levels.String(),
		wrap[:len(wrap)-len(strings.TrimLeft(wrap, " "))]+"{{wraps}}\n", wraps.String(),
		"{{time}}", at("time"), "{{message}}", at("msg"), "{{level}}", at("level"), "{{number}}", at("severity.number"), "{{stream}}", Stream).Replace(template))
}

// vrlPath is a path in Vector's language; names that are no identifiers are quoted.
func vrlPath(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		if strings.ContainsAny(p, "@-") {
			parts[i] = `"` + p + `"`
		}
	}
	return strings.Join(parts, ".")
}

func vector() []byte {
	return scripted(`# Vector: Sluice's JSON lines into OpenSearch, as Sluice's own sink would write them.
sources:
  sluice_lines:
    type: file
    include: ["logs/*.jsonl"]
    read_from: beginning
transforms:
  sluice_documents:
    type: remap
    inputs: [sluice_lines]
    drop_on_error: true
    reroute_dropped: true # what is no JSON line leaves by sluice_documents.dropped
    source: |
      line = object!(parse_json!(.message))
      doc = {}
      doc."@timestamp" = del(line.time)
      doc.body = del(line.msg)
      level = to_string(del(line.level)) ?? "INFO"
      doc.severity.text = level
      {{levels}}
      {{wraps}}
      {{moves}}
      doc.attributes = merge(line, object(doc.attributes) ?? {}, deep: true)
      . = doc
sinks:
  sluice_opensearch:
    type: elasticsearch
    inputs: [sluice_documents]
    endpoints: ["${OPENSEARCH_URL}"]
    api_version: v8
    auth: {strategy: basic, user: "${OPENSEARCH_USER}", password: "${OPENSEARCH_PASSWORD}"}
    mode: bulk
    bulk: {action: create, index: {{stream}}}
`, "      ", `      if exists(line.GROUP) && !is_object(line.GROUP) { line.GROUP = {"MEMBER": line.GROUP} }`, func(f fields.Field) string {
		value := "value"
		if f.Key == flagsKey {
			value = `parse_int(to_string(value) ?? "0", base: 16) ?? 0`
		}
		return fmt.Sprintf("value = del(line.%s, compact: true); if value != null { doc.%s = %s }", vrlPath(f.Key), vrlPath(f.Document), value)
	}, func(name string, number int) string {
		return fmt.Sprintf("if starts_with(level, %q) { doc.severity.number = %d }", name, number)
	})
}

// brackets is a path as Logstash writes it: [a][b].
func brackets(path string) string { return "[" + strings.ReplaceAll(path, ".", "][") + "]" }

func logstash() []byte {
	return scripted(`# Logstash: Sluice's JSON lines into OpenSearch, as Sluice's own sink would write them. It needs logstash-output-opensearch.
input {
  file { path => "/var/log/app/*.jsonl" start_position => "beginning" codec => "json" ecs_compatibility => "disabled" }
}
filter {
  date { match => ["time", "ISO8601"] target => "{{time}}" }
  mutate { remove_field => ["time"] }
  if [path] == [@metadata][path] { mutate { remove_field => ["path"] } } # Logstash's own
  {{wraps}}
  mutate { rename => { "[msg]" => "[{{message}}]" } }
  mutate { rename => { "[level]" => "[severity][text]" } }
  {{levels}}
  mutate { convert => { "[severity][number]" => "integer" } }
  {{moves}}
  ruby {
    code => '
      root = ["@timestamp", "@version", "body", "severity", "resource", "instrumentationScope", "traceId", "spanId", "flags", "tags"]
      event.to_hash.each do |key, value|
        next if root.include?(key) || key == "attributes"
        event.set("[attributes][#{key}]", value) unless value.is_a?(Hash) && value.empty?
        event.remove("[#{key}]")
      end
      flags = event.get("[flags]")
      event.set("[flags]", flags.to_s.to_i(16)) unless flags.nil?
    '
  }
}
output {
  opensearch { hosts => ["${OPENSEARCH_URL}"] user => "${OPENSEARCH_USER}" password => "${OPENSEARCH_PASSWORD}" index => "{{stream}}" action => "create" }
}
`, "  ", `  ruby { code => 'v = event.get("[GROUP]"); event.set("[GROUP]", {"MEMBER" => v}) unless v.nil? || v.is_a?(Hash)' }`, func(f fields.Field) string {
		return fmt.Sprintf(`mutate { rename => { "%s" => "%s" } }`, brackets(f.Key), brackets(f.Document))
	}, func(name string, number int) string {
		return fmt.Sprintf(`if [severity][text] =~ /^%s/ { mutate { add_field => { "[severity][number]" => "%d" } } }`, name, number)
	})
}

func fluentBit() []byte {
	return scripted(`# Fluent Bit: Sluice's JSON lines into OpenSearch, as Sluice's own sink would write them.
parsers:
  - {name: sluice, format: json, time_key: time, time_format: "%Y-%m-%dT%H:%M:%S.%L%z", time_keep: true}
pipeline:
  inputs:
    - {name: tail, tag: sluice, path: "/var/log/app/*.jsonl", parser: sluice, read_from_head: true}
  filters:
    - name: lua
      match: sluice
      call: document
      type_int_key: "severity.number flags"
      code: |
        local moves = {
          {{moves}}
        }
        local levels = {
          {{levels}}
        }
        local function take(t, path)
          local name, rest = path:match("^([^.]+)%.(.+)$")
          if not name then
            local value = t[path]
            t[path] = nil
            return value
          end
          if type(t[name]) ~= "table" then return nil end
          local value = take(t[name], rest)
          if next(t[name]) == nil then t[name] = nil end
          return value
        end
        function document(tag, timestamp, line)
          local level = tostring(line.level or "INFO")
          local doc = {["{{time}}"] = line.time, ["{{message}}"] = line.msg, ["{{level}}"] = level, ["{{number}}"] = levels[level:match("^%a+")]}
          line.time, line.msg, line.level = nil, nil, nil
          {{wraps}}
          for _, move in ipairs(moves) do
            local value = take(line, move[1])
            if move[1] == "trace_flags" then value = tonumber(value, 16) end
            doc[move[2]] = value
          end
          for key, value in pairs(line) do doc["attributes." .. key] = value end
          return 2, timestamp, doc
        end
  outputs:
    - name: opensearch
      match: sluice
      host: ${OPENSEARCH_HOST}
      port: 9200
      tls: on
      http_user: ${OPENSEARCH_USER}
      http_passwd: ${OPENSEARCH_PASSWORD}
      index: {{stream}}
      write_operation: create
      suppress_type_name: on
      time_key: observedTimestamp
      time_key_nanos: on
`, "          ", `          if line.GROUP ~= nil and type(line.GROUP) ~= "table" then line.GROUP = {MEMBER = line.GROUP} end`, func(f fields.Field) string {
		return fmt.Sprintf("{%q, %q},", f.Key, f.Document)
	}, func(name string, number int) string { return fmt.Sprintf("%s = %d,", name, number) })
}

// collector leaves the spelling of documents to Data Prepper, which the log data model of the table is from.
func collector() []byte {
	var ops strings.Builder
	wrapped(func(group, member string) {
		if group != "error" { // whose message has another name there
			fmt.Fprintf(&ops, "      - {type: move, from: 'attributes[\"%[1]s\"]', to: 'attributes[\"%[1]s.%[2]s\"]', if: 'attributes[\"%[1]s\"] != nil and type(attributes[\"%[1]s\"]) != \"map\"'}\n", group, member)
		}
	})
	for _, f := range moved() {
		to, resource := strings.CutPrefix(f.Document, "resource.attributes.")
		target := fmt.Sprintf(`attributes["%s"]`, strings.TrimPrefix(f.Document, fields.Attributes))
		switch {
		case resource:
			target = fmt.Sprintf(`resource["%s"]`, to)
		case !strings.HasPrefix(f.Document, fields.Attributes):
			continue // trace, span, flags, scope: operators of their own
		}
		from := `attributes["` + strings.ReplaceAll(f.Key, ".", `"]["`) + `"]`
		guard := from + " != nil"
		if group, _, nested := strings.Cut(f.Key, "."); nested {
			guard = fmt.Sprintf(`type(attributes["%s"]) == "map" and %s`, group, guard)
		}
		fmt.Fprintf(&ops, "      - {type: move, from: '%s', to: '%s', if: '%s'}\n", from, target, guard)
	}
	return []byte(fmt.Sprintf(`# OpenTelemetry Collector: Sluice's JSON lines as OTLP logs, to OpenSearch's Data Prepper (source otel_logs_source, sink opensearch
# with index %s), which writes the documents.
receivers:
  filelog:
    include: ["/var/log/app/*.jsonl"]
    start_at: beginning
    operators:
      - type: json_parser
        timestamp: {parse_from: attributes.time, layout_type: gotime, layout: "2006-01-02T15:04:05.999999999Z07:00"}
        severity: {parse_from: attributes.level, mapping: {fatal: [CRITICAL]}}
      - type: trace_parser
        if: 'attributes.trace_id != nil'
        trace_id: {parse_from: attributes.trace_id}
        span_id: {parse_from: attributes.span_id}
        trace_flags: {parse_from: attributes.trace_flags}
      - {type: scope_name_parser, parse_from: attributes.logger, if: 'attributes.logger != nil'}
      - {type: move, from: attributes.msg, to: body}
      - {type: remove, field: attributes.time}
      - {type: remove, field: attributes.level}
      - {type: move, from: attributes.error, to: 'attributes["exception.message"]', if: 'attributes.error != nil and type(attributes.error) != "map"'}
%sexporters:
  otlp:
    endpoint: data-prepper:21892
    sending_queue: {enabled: true}
service:
  pipelines:
    logs: {receivers: [filelog], exporters: [otlp]}
`, Stream, ops.String()))
}
