package browser

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// hostile is text that runs, or looks like something else, where it is taken for markup.
var hostile = []string{
	`<img src=x onerror=window.executed=1>`, `<script>window.executed=1</script>`, `"><svg onload=window.executed=1>`, `'-window.executed=1-'`,
	`javascript:window.executed=1`, `</title><script>window.executed=1</script>`, `{{constructor.constructor('window.executed=1')()}}`, `${window.executed=1}`,
	`<iframe srcdoc="<script>parent.executed=1</script>">`, `<a href="javascript:window.executed=1" autofocus onfocus=window.executed=1>x</a>`,
	"\x1b[31mred\x1b]8;;http://evil.example\x07link", "\u202Etxt.exe", `<style>*{background:url(http://evil.example)}</style>`, `<meta http-equiv=refresh content=0;url=http://evil.example>`,
	`<details open ontoggle=window.executed=1>`, `<math><mtext><script>window.executed=1</script>`, `__proto__`, `constructor`,
}

func TestNoLogTextRuns(t *testing.T) {
	s := new(store)
	at := func(i int) string { return begin.Add(time.Duration(i) * time.Second).Format(time.RFC3339Nano) }
	for i, text := range hostile {
		for _, rec := range []map[string]any{
			{"msg": text}, {"level": text, "msg": "level"}, {"service": text, "stage": text, "logger": text, "operation": text, "outcome": text, "duration_ms": 1, "msg": "fields"},
			{"msg": "key", text: text}, {"msg": "deep", "group": map[string]any{text: map[string]any{text: text}}}, {"request_id": text, "trace_id": text, "msg": "identifiers"},
			{"msg": "stack", "error": map[string]any{"type": text, "message": text, "stack_trace": text + "\n" + text}},
		} {
			if rec["level"] == nil {
				rec["level"] = "INFO"
			}
			rec["time"] = at(i)
			b, err := json.Marshal(rec)
			if err != nil {
				t.Fatal(err)
			}
			s.add(string(b))
		}
		s.add(text) // a line that is no JSON
	}
	total := len(s.lines)
	origin := serve(t, s)
	ctx := browser(t, origin, 1400, 900)
	check := func(what string) {
		t.Helper()
		var executed bool
		var made int
		run(t, ctx, what, chromedp.Evaluate(`window.executed !== undefined`, &executed),
			chromedp.Evaluate(`document.querySelectorAll('img, iframe, main script, main style, main a[href], math, meta[http-equiv]').length`, &made))
		if executed || made > 0 {
			t.Errorf("%s: log text ran (%v) or became markup (%d elements)", what, executed, made)
		}
	}
	run(t, ctx, "load", chromedp.Navigate(origin+"?from="), until(fmt.Sprintf(`document.getElementById('status').textContent.startsWith('%d records')`, total)),
		until(`document.querySelectorAll('#facets .value').length > 3`))
	check("list and facets")
	for i := 0; i < total; i += 5 {
		run(t, ctx, "detail", chromedp.Evaluate(fmt.Sprintf(`document.getElementById('rows').scrollTop = %d; 0`, i*26), nil),
			until(fmt.Sprintf(`document.getElementById('row-%d')`, i)), chromedp.Evaluate(fmt.Sprintf(`document.getElementById('row-%d').click(); 0`, i), nil), until(`!document.getElementById('detail').hidden`))
		check("detail")
	}
	run(t, ctx, "operations", chromedp.Click("#view"), until(`document.querySelectorAll('#operations section').length > 3`))
	check("operations")
	for _, text := range hostile {
		p := url.Values{"q": {text}, "cols": {text}, "name": {text}, "from": {""}, "id": {text}, "sort": {text}, "view": {text}}
		run(t, ctx, "address", chromedp.Navigate(origin+"?"+p.Encode()), until(`document.getElementById('query').value !== ''`), until(`!document.getElementById('error').hidden || document.getElementById('status').textContent`))
		check("address")
	}
}
