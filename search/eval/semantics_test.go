package eval_test

import (
	"testing"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// match evaluates a query on a line, as the language says.
func match(t testing.TB, query, line string) bool {
	t.Helper()
	q, err := search.Parse(query)
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	p, err := eval.Compile(q.Expr, now)
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	var r eval.Record
	r.Parse([]byte(line))
	return p.Match(&r)
}

func TestARecordMatchesWhatTheLanguageSays(t *testing.T) {
	const rec = `{"time":"2026-03-02T11:30:00.5Z","level":"WARN","msg":"Disk FULL on /dev/sda1, path naïve","host":"web-07","n":5,"f":0.5,"big":9007199254740993,"ok":true,` +
		`"tags":["a","b"],"deep":{"x":{"y":"z"},"list":[{"k":1},{"k":2}]},"a.b":"c","empty":"","none":null,"nolist":[],"esc":"q\"\u00e9\ud83d\ude00\n","wait_ms":1500,"took":1500000000,"size_kb":2048,` +
		`"error":{"message":"no space left","type":"E"},"first_occurrence":"2026-03-02T11:00:00Z","digits":"5"}`
	for query, want := range map[string]bool{
		"": true, "*": true, "disk": true, "FULL": true, `"disk full"`: true, `"full disk"`: false, "dis": false, "dis*": true, "sda1": true, `"naïve"`: true, "naive": false,
		`"space left"`: true, `msg:space`: false, "level:warn": true, "level:WARNING": true, "level>=warn": true, "level>warn": false, "level<error": true, "level:err*": false, "level:/wa.n/": true,
		"host:web-07": true, "host:WEB-07": false, "host:web": false, "host:web*": true, "host:web-0?": true, "host:web-?": false, "host:/web-\\d+/": true, "host:/web/": false, "host:/WEB.*/i": true,
		"n:5": true, "n:5.0": true, "n:05": true, `n:"5"`: true, "n:5*": false, "n:/5/": false, "n>4": true, "n>5": false, "n>=5": true, `n>"4"`: false, "n:[1 TO 5}": false, "n:4..6": true,
		"f:0.5": true, "f:.5": true, "f<1": true, "big:9007199254740993": true, "big:9007199254740992": false, "big>9007199254740992": true,
		"digits:5": true, "digits:5.0": false, "digits>4": false, `digits>"4"`: true, "ok:true": true, "ok:false": false, "ok:TRUE": false, "ok:*": true,
		"tags:a": true, "tags:c": false, "NOT tags:a": false, "tags:(a b)": true, "deep.x.y:z": true, "deep.list.k:2": true, "deep.list.k>2": false, "deep:*": true, "deep.x:*": true, "deep:z": false, "dee:*": false,
		"a.b:c": true, `empty:""`: true, "empty:*": true, "none:*": false, "nolist:*": false, "NOT none:x": true, `esc:"q\"é😀` + "\n\"": true,
		"wait_ms:1.5s": true, "wait_ms>1s": true, "took:1.5s": true, "took>1500ms": false, "size_kb:2.048MB": true, "size_kb>1MiB": true,
		"time:2026-03-02": true, "time:2026-03-02T11:30": true, "time:2026-03-02T11:30:00Z": false, "time:-1h..now": true, "time>-30m": true, "time>-10m": false, "time>2026-03-01": true, "time>2026-03-02": false, "time<=2026-03-02": true,
		"first_occurrence:-1h": true, "first_occurrence<-1h": false, "missing:x": false, "-missing:x": true, "missing:*": false,
		"disk AND NOT full": false, "nothing OR disk AND full": true, "(nothing OR disk) AND absent": false, "error:*": true, "error.type:E": true,
	} {
		if got := match(t, query, rec); got != want {
			t.Errorf("%q matches %v, want %v", query, got, want)
		}
	}
}

func TestALineThatIsNoObjectIsItsMessage(t *testing.T) {
	for _, line := range []string{`panic: disk full`, `["disk","full"]`, `{"msg":"broken disk full"`, `{"a":1} disk full`} {
		if !match(t, "disk", line) || match(t, "a:1", line) {
			t.Errorf("%s: is not searched as text", line)
		}
	}
}

func TestHiddenFieldsAreInNoOutput(t *testing.T) {
	const line = `{"time":"t","a":{"secret":1,"x":[{"secret":2,"y":3},{"secret":4}]},"secret":"s","secret#2":"t","a.secret":5,"b":{"secret":6},"c":{},"d":[1,{"e":2}]}`
	for _, tc := range []struct {
		hide, fields []string
		want         string
	}{
		{nil, nil, line},
		{[]string{"secret", "a.secret", "a.x.secret", "b.secret"}, nil, `{"time":"t","a":{"x":[{"y":3}]},"c":{},"d":[1,{"e":2}]}`},
		{[]string{"a"}, nil, `{"time":"t","secret":"s","secret#2":"t","b":{"secret":6},"c":{},"d":[1,{"e":2}]}`},
		{nil, []string{"a.x.y", "c", "d.e"}, `{"a":{"x":[{"y":3}]},"c":{},"d":[{"e":2}]}`},
		{[]string{"d"}, []string{"d", "time"}, `{"time":"t"}`},
	} {
		req := &search.Request{Hide: tc.hide, Fields: tc.fields}
		if got := string(eval.Edit(nil, []byte(line), req)); got != tc.want {
			t.Errorf("hide %v, fields %v:\n got %s\nwant %s", tc.hide, tc.fields, got, tc.want)
		}
	}
	if got := string(eval.Edit(nil, []byte("plain text"), &search.Request{Hide: []string{"msg"}})); got != "{}" {
		t.Errorf("a line of text is shown as %s though msg is hidden", got)
	}
}

func TestNothingThatAQuerySaysEscapesTheForcedFilter(t *testing.T) {
	const theirs = `{"time":"2026-03-02T11:30:00Z","level":"INFO","msg":"m","tenant":"b","secret":"x"}`
	for _, query := range []string{"*", "tenant:b", "tenant:a OR tenant:b", "NOT tenant:a", "* OR *", "(tenant:b) OR NOT (tenant:a)", "secret:x", "NOT NOT *"} {
		req := &search.Request{Query: search.MustParse(query), Forced: search.MustParse("tenant:a OR tenant:c"), Hide: []string{"secret"}, Now: now}
		x, err := eval.Prepare(req)
		if err != nil {
			t.Fatal(err)
		}
		var r eval.Record
		r.Parse([]byte(theirs))
		if x.Match(&r) {
			t.Errorf("%q finds another tenant's record", query)
		}
	}
	own := &search.Request{Query: search.MustParse("NOT secret:x OR secret:y"), Hide: []string{"secret"}, Now: now}
	x, err := eval.Prepare(own)
	if err != nil {
		t.Fatal(err)
	}
	var r eval.Record
	r.Parse([]byte(theirs))
	if !x.Match(&r) {
		t.Error("a negation tells that a hidden field has a value")
	}
}
