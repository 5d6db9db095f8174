package deploy

import "fmt"

// grafanaUID is the data source's name in the dashboard.
const grafanaUID = "sluice-opensearch"

const grafanaPlugin = "grafana-opensearch-datasource"

var grafanaSource = fmt.Sprintf(`# Grafana's data source, for its plugin %s.
apiVersion: 1
datasources:
  - name: Sluice logs
    uid: %s
    type: %s
    access: proxy
    url: ${OPENSEARCH_URL}
    basicAuth: true
    basicAuthUser: ${OPENSEARCH_USER}
    secureJsonData: {basicAuthPassword: "${OPENSEARCH_PASSWORD}"}
    jsonData:
      database: "%s"
      flavor: opensearch
      version: "3.4.0"
      timeField: "%s"
      logMessageField: %s
      logLevelField: %s
`, grafanaPlugin, grafanaUID, grafanaPlugin, Pattern, at("time"), at("msg"), at("level"))

const grafanaProvider = `# Where Grafana finds the dashboard: copy dashboards/sluice.json there.
apiVersion: 1
providers:
  - name: Sluice
    type: file
    options: {path: /var/lib/grafana/dashboards}
`

func grafanaDashboard() object {
	source := object{"type": grafanaPlugin, "uid": grafanaUID}
	var out []object
	for i, p := range panels() {
		kind := map[look]string{bars: "timeseries", lines: "timeseries", table: "table"}[p.look]
		defaults := object{}
		if p.unit != "" {
			defaults["unit"] = p.unit
		}
		if p.look == bars {
			defaults["custom"] = object{"drawStyle": "bars", "fillOpacity": 80, "stacking": object{"mode": "normal"}}
		}
		out = append(out, object{
			"id": i + 1, "title": p.title, "description": p.about, "type": kind, "datasource": source,
			"gridPos": object{"x": i % 2 * 12, "y": i / 2 * 8, "w": 12, "h": 8}, "fieldConfig": object{"defaults": defaults, "overrides": []any{}},
			"targets": []object{p.target(source)},
		})
	}
	n := len(out)
	out = append(out, object{
		"id": n + 1, "title": "Errors", "type": "logs", "datasource": source, "gridPos": object{"x": 0, "y": (n + 1) / 2 * 8, "w": 24, "h": 10},
		"options": object{"showTime": true, "sortOrder": "Descending", "wrapLogMessage": true, "enableLogDetails": true},
		"targets": []object{{
			"refId": "A", "datasource": source, "queryType": "lucene", "luceneQueryType": "Logs", "query": levelFrom(errorNumber), "timeField": at("time"),
			"metrics": []object{{"id": "1", "type": "logs", "settings": object{"limit": "500"}}}, "bucketAggs": []any{},
		}},
	})
	return object{
		"uid": "sluice-overview", "title": "Sluice: overview", "tags": []string{"sluice"}, "schemaVersion": 39, "version": 1, "editable": true,
		"time": object{"from": "now-24h", "to": "now"}, "refresh": "", "panels": out, "templating": object{"list": []any{}}, "annotations": object{"list": []any{}},
	}
}

// target is the query of a panel, as the plugin stores it: metrics and buckets have identifiers of their own.
func (p panel) target(source object) object {
	m := object{"id": "1", "type": p.metric.kind}
	order := "1"
	switch p.metric.kind {
	case "count":
		order = "_count"
	case "percentiles":
		m["field"], m["settings"] = at(p.metric.key), object{"percents": []string{fmt.Sprint(p.metric.percent)}}
		order = "_term"
	default:
		m["field"] = at(p.metric.key)
	}
	var buckets []object
	for i, key := range p.by {
		buckets = append(buckets, object{
			"id": fmt.Sprint(i + 2), "type": "terms", "field": at(key),
			"settings": object{"size": "10", "order": "desc", "orderBy": order, "min_doc_count": "1"},
		})
	}
	if p.overTime {
		buckets = append(buckets, object{
			"id": fmt.Sprint(len(buckets) + 2), "type": "date_histogram", "field": at("time"), "settings": object{"interval": "auto", "min_doc_count": "0"},
		})
	}
	return object{
		"refId": "A", "datasource": source, "queryType": "lucene", "luceneQueryType": "Metric", "query": p.query, "timeField": at("time"),
		"metrics": []object{m}, "bucketAggs": buckets,
	}
}
