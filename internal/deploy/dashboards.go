package deploy

import (
	"bytes"
	"fmt"
)

// Saved objects have fixed identifiers, so that a second import replaces them, and the versions of OpenSearch Dashboards 1: later
// ones migrate them, and refuse what comes from Kibana 7.11 and newer.
const (
	patternID   = "sluice-logs"
	dashboardID = "sluice-overview"
)

var objectVersions = map[string]string{"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.10.0", "dashboard": "7.9.3"}

// savedObject is one line of the bundle.
type savedObject struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	Attributes object            `json:"attributes"`
	References []reference       `json:"references"`
	Versions   map[string]string `json:"migrationVersion"`
}

type reference struct {
	Name string `json:"name"`
	Type string `json:"type"`
	ID   string `json:"id"`
}

func saved(kind, id string, attributes object, refs ...reference) savedObject {
	if refs == nil {
		refs = []reference{}
	}
	return savedObject{id, kind, attributes, refs, map[string]string{kind: objectVersions[kind]}}
}

// text is JSON within JSON, as saved objects have it.
func text(v any) string { return string(encode(v)) }

const sourceRef = "kibanaSavedObjectMeta.searchSourceJSON.index"

var toPattern = reference{sourceRef, "index-pattern", patternID}

func searchSource(query string) object {
	return object{"searchSourceJSON": text(object{
		"query": object{"query": query, "language": "lucene"}, "filter": []any{}, "indexRefName": sourceRef,
	})}
}

func savedObjects() []byte {
	objects := []savedObject{saved("index-pattern", patternID, object{"title": Pattern, "timeFieldName": at("time")})}
	for _, v := range views() {
		var columns []string
		for _, key := range v.columns {
			columns = append(columns, at(key))
		}
		objects = append(objects, saved("search", "sluice-"+v.id, object{
			"title": "Sluice: " + v.title, "description": "", "hits": 0, "columns": columns, "sort": [][]string{{at("time"), "desc"}}, "version": 1,
			"kibanaSavedObjectMeta": searchSource(v.query),
		}, toPattern))
	}
	for _, p := range panels() {
		objects = append(objects, saved("visualization", "sluice-"+p.id, object{
			"title": "Sluice: " + p.title, "description": p.about, "visState": text(p.visState()), "uiStateJSON": "{}", "version": 1,
			"kibanaSavedObjectMeta": searchSource(p.query),
		}, toPattern))
	}
	objects = append(objects, dashboard())
	var b bytes.Buffer
	for _, o := range objects {
		b.Write(encode(o))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// visState is a visualization: its look, and aggregations, of which the metric has the identifier 1.
func (p panel) visState() object {
	m := object{"id": "1", "enabled": true, "type": p.metric.kind, "schema": "metric", "params": object{}}
	switch p.metric.kind {
	case "count":
	case "percentiles":
		m["params"] = object{"field": at(p.metric.key), "percents": []float64{p.metric.percent}}
	default:
		m["params"] = object{"field": at(p.metric.key)}
	}
	aggs := []object{m}
	add := func(kind, schema string, params object) {
		aggs = append(aggs, object{"id": fmt.Sprint(len(aggs) + 1), "enabled": true, "type": kind, "schema": schema, "params": params})
	}
	split := "group"
	if p.look == table {
		split = "bucket"
	}
	for _, key := range p.by {
		add("terms", split, object{
			"field": at(key), "size": 10, "order": "desc", "orderBy": p.orderBy(), "otherBucket": false, "missingBucket": false,
		})
	}
	if p.overTime {
		add("date_histogram", "segment", object{"field": at("time"), "interval": "auto", "min_doc_count": 1, "extended_bounds": object{}})
	}
	return object{"title": "Sluice: " + p.title, "type": string(p.look), "aggs": aggs, "params": p.visParams()}
}

// orderBy is what terms are ordered by: percentiles have no single value, so those go by their name.
func (p panel) orderBy() string {
	if p.metric.kind == "percentiles" {
		return "_key"
	}
	return "1"
}

func (p panel) visParams() object {
	if p.look == table {
		return object{"perPage": 10, "showPartialRows": false, "showMetricsAtAllLevels": false, "showTotal": false, "totalFunc": "sum"}
	}
	mode := "normal"
	if p.look == bars {
		mode = "stacked"
	}
	return object{
		"type": string(p.look), "addTooltip": true, "addLegend": true, "legendPosition": "right", "addTimeMarker": false, "times": []any{},
		"grid": object{"categoryLines": false},
		"categoryAxes": []object{{
			"id": "CategoryAxis-1", "type": "category", "position": "bottom", "show": true, "style": object{}, "title": object{},
			"scale": object{"type": "linear"}, "labels": object{"show": true, "filter": true, "truncate": 100},
		}},
		"valueAxes": []object{{
			"id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "left", "show": true, "style": object{},
			"scale": object{"type": "linear", "mode": "normal"}, "labels": object{"show": true, "rotate": 0, "filter": false, "truncate": 100},
			"title": object{"text": p.title},
		}},
		"seriesParams": []object{{
			"show": true, "type": string(p.look), "mode": mode, "data": object{"id": "1", "label": p.title}, "valueAxis": "ValueAxis-1",
			"drawLinesBetweenPoints": true, "showCircles": true, "lineWidth": 2, "interpolate": "linear",
		}},
	}
}

// The grid of a dashboard has 48 columns.
const (
	gridColumns = 48
	panelHeight = 14
)

func dashboard() savedObject {
	var placed []object
	var refs []reference
	place := func(kind, id string, x, y, width int) {
		n := fmt.Sprint(len(placed))
		name := "panel_" + n
		placed = append(placed, object{
			"version": "1.0.0", "panelIndex": n, "panelRefName": name, "embeddableConfig": object{},
			"gridData": object{"x": x, "y": y, "w": width, "h": panelHeight, "i": n},
		})
		refs = append(refs, reference{name, kind, "sluice-" + id})
	}
	all := panels()
	for i, p := range all {
		place("visualization", p.id, i%2*gridColumns/2, i/2*panelHeight, gridColumns/2)
	}
	place("search", "errors", 0, (len(all)+1)/2*panelHeight, gridColumns)
	return saved("dashboard", dashboardID, object{
		"title": "Sluice: overview", "description": "Made from the table of keys of Sluice.", "hits": 0, "version": 1,
		"panelsJSON": text(placed), "optionsJSON": text(object{"useMargins": true, "hidePanelTitles": false}),
		"timeRestore": true, "timeFrom": "now-24h", "timeTo": "now", "refreshInterval": object{"pause": true, "value": 0},
		"kibanaSavedObjectMeta": object{"searchSourceJSON": text(object{"query": object{"query": "", "language": "lucene"}, "filter": []any{}})},
	}, refs...)
}
