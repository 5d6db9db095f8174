package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// browser is one that runs.
type browser struct{ ctx context.Context }

// observe notes when the page has drawn all three since they were last forgotten, at the end of the frame that shows them.
const observe = `(() => {
	const drawn = new Set();
	window.forget = () => { drawn.clear(); window.painted = 0; };
	window.painted = 0;
	const whole = () => drawn.size === 3;
	const look = (id, sel) => {
		const root = document.getElementById(id);
		if (!root) return false;
		const note = () => {
			if (whole() || !root.querySelector(sel)) return;
			drawn.add(id);
			if (whole()) requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => { window.painted = performance.now() }; c.port2.postMessage(0) });
		};
		new MutationObserver(note).observe(root, {childList: true, subtree: true});
		return true;
	};
	addEventListener('DOMContentLoaded', () => { look('rows', '.row'); look('histogram', 'rect'); look('facets', '.value'); }, {once: true, capture: true});
	document.addEventListener('readystatechange', () => { if (document.readyState === 'interactive' && !window.looking) { window.looking = look('rows', '.row') && look('histogram', 'rect') && look('facets', '.value'); } });
})()`

// startBrowser starts a browser and opens an empty page in it.
func startBrowser(ctx context.Context, chromium string) (*browser, func(), error) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1400, 900))
	ctx, cancelAll := chromedp.NewExecAllocator(ctx, opts...)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // events newer than chromedp
	stop := func() { cancel(); cancelAll() }
	err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		if _, err := cdppage.AddScriptToEvaluateOnNewDocument(observe).Do(ctx); err != nil {
			return err
		}
		return performance.Enable().WithTimeDomain(performance.EnableTimeDomainThreadTicks).Do(ctx)
	}), chromedp.Navigate("about:blank"))
	if err != nil {
		stop()
		return nil, nil, err
	}
	return &browser{ctx}, stop, nil
}

// busy is the processor time of the page's main thread, in milliseconds.
func (b *browser) busy() (float64, error) {
	var sum float64
	err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		metrics, err := performance.GetMetrics().Do(ctx)
		for _, m := range metrics {
			if m.Name == "TaskDuration" {
				sum = m.Value * 1000
			}
		}
		return err
	}))
	return sum, err
}

// painted waits until all three are painted and returns when they were, in milliseconds of the page's clock.
func (b *browser) painted(act ...chromedp.Action) (at float64, err error) {
	err = chromedp.Run(b.ctx, append(act, chromedp.Poll(`window.painted`, &at, chromedp.WithPollingTimeout(time.Minute), chromedp.WithPollingInterval(20*time.Millisecond)))...)
	return at, err
}

// loads loads the page in rounds.
func (b *browser) loads(_ context.Context, address, query string, rounds int) ([]taken, error) {
	out := make([]taken, rounds)
	for i := range out {
		if err := chromedp.Run(b.ctx, chromedp.Navigate("about:blank")); err != nil {
			return nil, err
		}
		at, err := b.painted(chromedp.Navigate(address + "?from=&q=" + url.QueryEscape(query)))
		if err != nil {
			return nil, fmt.Errorf("load %d: %w", i+1, err)
		}
		out[i].wall = at
		if out[i].cpu, err = b.busy(); err != nil { // counted from the navigation
			return nil, err
		}
	}
	return out, nil
}

// queries asks for another query, and for the one that is measured, in a page that is there.
func (b *browser) queries(_ context.Context, address, query string, rounds int) ([]taken, error) {
	if _, err := b.painted(chromedp.Navigate(address + "?from=&q=" + url.QueryEscape("level:warn"))); err != nil {
		return nil, err
	}
	out := make([]taken, rounds)
	for i := range out {
		for _, q := range []string{"level:warn", query} {
			before, err := b.busy()
			if err != nil {
				return nil, err
			}
			var began float64
			at, err := b.painted(chromedp.Evaluate(fmt.Sprintf(`(() => {
				forget();
				const now = performance.now();
				document.getElementById('query').value = %q;
				document.getElementById('search').requestSubmit();
				return now;
			})()`, q), &began))
			if err != nil {
				return nil, fmt.Errorf("query %d: %w", i+1, err)
			}
			after, err := b.busy()
			if err != nil {
				return nil, err
			}
			out[i] = taken{at - began, after - before}
		}
	}
	return out, nil
}
