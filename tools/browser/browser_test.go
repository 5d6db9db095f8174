// Package browser drives the viewer in a real browser: what a person does, and what a hostile record tries.
package browser

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/viewer"
)

// browser starts a headless browser whose window has the size, and fails the test for every dialog and every request to
// another host.
func browser(t *testing.T, origin string, width, height int) context.Context {
	t.Helper()
	path, err := chromium()
	if err != nil {
		if os.Getenv("SLUICE_REQUIRE_CHROMIUM") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v; install Debian's package chromium to run this test", err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(width, height), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {})) // events newer than chromedp
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			if u := ev.Request.URL; !strings.HasPrefix(u, origin) && !strings.HasPrefix(u, "data:") {
				t.Errorf("the page asks %s", u)
			}
		case *cdppage.EventJavascriptDialogOpening:
			t.Errorf("a dialog opens: %s", ev.Message)
		}
	})
	if err := chromedp.Run(ctx, network.Enable(), cdppage.Enable(), chromedp.EmulateViewport(int64(width), int64(height))); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no chromium on the PATH")
}

// store is lines that a test may add to while the page reads them.
type store struct {
	mu    sync.RWMutex
	lines [][]byte
}

func (s *store) add(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range lines {
		s.lines = append(s.lines, []byte(l))
	}
}

func (s *store) source(ctx context.Context) iter.Seq2[[]byte, error] {
	s.mu.RLock()
	now := s.lines
	s.mu.RUnlock()
	return lines.Of(now)(ctx)
}

// serve serves the viewer of s under a prefix and returns its address.
func serve(t *testing.T, s *store) string {
	t.Helper()
	v, err := viewer.New(lines.New(s.source, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/logs/", http.StripPrefix("/logs", v))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL + "/logs/"
}

var begin = time.Now().Add(-10 * time.Minute).UTC()

func line(i int, msg string) string {
	level := "INFO"
	if i%10 == 0 {
		level = "ERROR"
	}
	return fmt.Sprintf(`{"time":%q,"level":%q,"msg":%q,"service":%q,"request_id":"r%d","operation":"denoise","duration_ms":%d,"outcome":"success"}`,
		begin.Add(time.Duration(i)*500*time.Millisecond).Format(time.RFC3339Nano), level, msg, []string{"gateway", "worker"}[i%2], i/5, i%100)
}

func thousand() *store {
	s := new(store)
	for i := range 1000 {
		s.add(line(i, fmt.Sprintf("stage completed %d", i)))
	}
	return s
}

// run runs actions and fails the test, with what the page shows, when one of them cannot be done.
func run(t *testing.T, ctx context.Context, what string, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var status string
		_ = chromedp.Run(ctx, chromedp.Evaluate(`document.getElementById('status')?.textContent + ' | ' + document.getElementById('error')?.textContent`, &status))
		t.Fatalf("%s: %v (the page says %q)", what, err, status)
	}
}

// until waits until a condition in the page holds.
func until(js string) chromedp.Action {
	return chromedp.Poll(js, nil, chromedp.WithPollingTimeout(30*time.Second))
}

// click clicks the first element of a selector, which may be drawn anew at any moment.
func click(selector string) chromedp.Action {
	return until(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e?.click(); return Boolean(e) })()`, selector))
}

const statusHas = `document.getElementById('status').textContent.startsWith(%q)`

func TestAPersonFindsARecord(t *testing.T) {
	origin := serve(t, thousand())
	ctx := browser(t, origin, 1400, 900)
	var href, firstRow, sameRow string
	run(t, ctx, "load", chromedp.Navigate(origin+"?from="), until(fmt.Sprintf(statusHas, "1,000 records")))
	run(t, ctx, "query", chromedp.SendKeys("#query", "level:error"+kb.Enter), until(fmt.Sprintf(statusHas, "100 records")))
	run(t, ctx, "facet", until(`[...document.querySelectorAll('#facets .value')].some(b => b.title === 'Only service gateway')`),
		click(`#facets button[title="Only service gateway"]`), until(`document.getElementById('query').value === 'level:error AND service:gateway'`))
	run(t, ctx, "back", chromedp.Evaluate(`history.back()`, nil), until(`document.getElementById('query').value === 'level:error'`), until(fmt.Sprintf(statusHas, "100 records")))
	run(t, ctx, "zoom", until(`document.querySelector('#histogram svg').getAttribute('aria-label').startsWith('100 records')`), drag("#histogram svg", .4, .6),
		until(`location.search.includes('from=2')`), until(`/^[12]\d records/.test(document.getElementById('status').textContent)`))
	run(t, ctx, "detail", click("#rows .row"), until(`!document.getElementById('detail').hidden`), until(`location.search.includes('id=')`))
	run(t, ctx, "link", chromedp.Location(&href), chromedp.Text("#rows .row", &firstRow))
	run(t, ctx, "reload", chromedp.Navigate("about:blank"), chromedp.Navigate(href), until(`document.querySelector('#rows .row[aria-selected=true]')`), until(`!document.getElementById('detail').hidden`),
		chromedp.Text("#rows .row", &sameRow))
	if firstRow != sameRow {
		t.Errorf("the link shows %q, want %q", sameRow, firstRow)
	}
	run(t, ctx, "whole request", chromedp.Click(`//button[text()="Whole request"]`, chromedp.BySearch), until(fmt.Sprintf(statusHas, "5 records")))
	run(t, ctx, "around", chromedp.Click(`//button[text()="Before and after"]`, chromedp.BySearch), until(`document.getElementById('status').textContent.startsWith('What was written')`))
	run(t, ctx, "operations", chromedp.Click("#view"), until(`document.querySelectorAll('#operations section').length === 1`))
	run(t, ctx, "syntax error", chromedp.Navigate(origin+"?q="+url.QueryEscape("level:(")), until(`document.getElementById('error').textContent.includes('^')`))
}

// drag drags the mouse over an element, from one share of its width to another.
func drag(selector string, from, to float64) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var box struct{ X, Y, Width, Height float64 }
		if err := chromedp.Evaluate(fmt.Sprintf(`(() => { const b = document.querySelector(%q).getBoundingClientRect(); return {x: b.x, y: b.y, width: b.width, height: b.height} })()`, selector), &box).Do(ctx); err != nil {
			return err
		}
		y := box.Y + box.Height/2
		for _, step := range []struct {
			kind string
			x    float64
		}{{"mousePressed", from}, {"mouseMoved", (from + to) / 2}, {"mouseMoved", to}, {"mouseReleased", to}} {
			if err := mouse(ctx, step.kind, box.X+box.Width*step.x, y); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestKeysDoWhatTheMouseDoes(t *testing.T) {
	origin := serve(t, thousand())
	ctx := browser(t, origin, 1400, 900)
	run(t, ctx, "load", chromedp.Navigate(origin), until(fmt.Sprintf(statusHas, "1,000 records")), until(`document.querySelectorAll('#histogram rect').length > 5`))
	run(t, ctx, "choose", chromedp.Focus("#rows"), chromedp.KeyEvent("jj"), until(`document.querySelectorAll('#rows .row')[1].getAttribute('aria-selected') === 'true'`))
	run(t, ctx, "open", chromedp.KeyEvent(kb.Enter), until(`!document.getElementById('detail').hidden`))
	run(t, ctx, "close", chromedp.KeyEvent(kb.Escape), until(`document.getElementById('detail').hidden`))
	run(t, ctx, "help", chromedp.KeyEvent("?"), until(`document.getElementById('keys').open`), chromedp.Click("#keys button"))
	run(t, ctx, "completion", chromedp.Focus("#query"), chromedp.SendKeys("#query", "serv"), until(`document.querySelector('#suggestions li')?.textContent.startsWith('service')`),
		chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Tab), until(`[...document.querySelectorAll('#suggestions li')].some(li => li.textContent.startsWith('gateway'))`))
}

func TestTheLiveTailStaysWhereThePersonReads(t *testing.T) {
	s := thousand()
	origin := serve(t, s)
	ctx := browser(t, origin, 1400, 900)
	run(t, ctx, "load", chromedp.Navigate(origin), until(fmt.Sprintf(statusHas, "1,000 records")),
		chromedp.Evaluate(`window.long = []; new PerformanceObserver(l => l.getEntries().forEach(e => window.long.push(e.duration))).observe({type: 'longtask'}); 0`, nil))
	run(t, ctx, "follow", chromedp.Click("#live"), until(`document.getElementById('live').getAttribute('aria-pressed') === 'true'`), chromedp.Sleep(500*time.Millisecond))
	var before, after string
	const shown = `document.elementFromPoint(700, 600).closest('.row').textContent`
	run(t, ctx, "scroll", chromedp.Evaluate(`document.getElementById('rows').scrollTop = 1000; 0`, nil), chromedp.Sleep(200*time.Millisecond), chromedp.Evaluate(shown, &before))
	for i := range 3000 { // a second's worth of records each second, for three seconds
		s.add(line(2000+i, fmt.Sprintf("live %d", i)))
		if i%100 == 99 {
			time.Sleep(100 * time.Millisecond)
		}
	}
	var long []float64
	run(t, ctx, "rows come", until(`document.getElementById('fresh').textContent === '3,000 new'`), chromedp.Evaluate(shown, &after), chromedp.Evaluate(`window.long`, &long))
	if before != after {
		t.Errorf("the row in sight was %q, and is %q", before, after)
	}
	t.Logf("long tasks (ms) at 1,000 records a second: %v", long)
	run(t, ctx, "to the top", chromedp.Click("#fresh"), until(`document.querySelector('#rows .row').textContent.includes('live 2999')`))
}

func TestTheListIsBoundedHoweverLongTheTailRuns(t *testing.T) {
	s := thousand()
	origin := serve(t, s)
	ctx := browser(t, origin, 1400, 900)
	run(t, ctx, "load", chromedp.Navigate(origin), until(fmt.Sprintf(statusHas, "1,000 records")), chromedp.Click("#live"), chromedp.Sleep(500*time.Millisecond))
	for i := range 12_000 {
		s.add(line(2000+i, fmt.Sprintf("live %d", i)))
	}
	var height, inDocument int
	run(t, ctx, "rows come", until(`document.querySelector('#rows .row').textContent.includes('live 11999')`),
		chromedp.Evaluate(`document.querySelector('#rows .space').offsetHeight / 26`, &height), chromedp.Evaluate(`document.querySelectorAll('#rows .row').length`, &inDocument))
	if height != 10_000 || inDocument > 100 {
		t.Errorf("%d rows are kept, %d in the document", height, inDocument)
	}
}

func TestItWorksOnANarrowScreen(t *testing.T) {
	origin := serve(t, thousand())
	ctx := browser(t, origin, 360, 740)
	var overflow bool
	run(t, ctx, "load", chromedp.Navigate(origin), until(fmt.Sprintf(statusHas, "1,000 records")),
		chromedp.Evaluate(`document.documentElement.scrollWidth > 360`, &overflow))
	if overflow {
		t.Error("the page is wider than the screen")
	}
	run(t, ctx, "histogram", until(`document.querySelectorAll('#histogram rect').length > 5`))
	screenshot(t, "viewer-narrow.png", ctx)
	run(t, ctx, "detail", chromedp.Evaluate(`document.querySelector('#rows .row').click(); 0`, nil), until(`document.getElementById('detail').getBoundingClientRect().width >= 350`))
}

func TestAShutFacetIsCountedWhenItIsOpened(t *testing.T) {
	s := new(store)
	for i := range 50 {
		s.add(strings.Replace(line(i, "stage completed"), "{", fmt.Sprintf(`{"stage":"denoise","type":"audio","model":"m%d",`, i%2), 1))
	}
	origin := serve(t, s)
	ctx := browser(t, origin, 1400, 900)
	const field = `document.querySelector('#facets [data-field="%s"]')`
	run(t, ctx, "load", chromedp.Navigate(origin), until(`document.querySelector('#facets .value')`))
	var first, last bool
	run(t, ctx, "look", chromedp.Evaluate(fmt.Sprintf(field, "level")+".open", &first), chromedp.Evaluate(fmt.Sprintf(field, "model")+".open", &last))
	if !first || last {
		t.Errorf("level is open: %v, model: %v; want the first facets alone to be", first, last)
	}
	run(t, ctx, "open", click(`#facets [data-field="model"] summary`), until(fmt.Sprintf(field, "model")+`.querySelectorAll('.value').length === 2`))
	run(t, ctx, "query", chromedp.SendKeys("#query", "model:m1"+kb.Enter), until(fmt.Sprintf(statusHas, "25 records")), until(fmt.Sprintf(field, "model")+`.querySelectorAll('.value').length === 1`))
}
