package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// contrast lists the texts in sight whose contrast is below WCAG 2.2's 4.5 (AA, 1.4.3), and controls without a name (4.1.2).
const contrast = `(() => {
  const channel = (c) => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4 };
  const rgb = (s) => s.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const background = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
  const bad = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = texts.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.offsetParent || e.closest('script, [hidden], dialog:not([open]), .skip')) continue;
    const a = luminance(rgb(getComputedStyle(e).color)), b = luminance(background(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.add(e.tagName + '.' + e.className + ' ' + n.data.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
  }
  for (const e of document.querySelectorAll('button, a, input, select, [role=listbox]')) {
    if (e.offsetParent && !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)) bad.add('no name: ' + e.outerHTML.slice(0, 60));
  }
  return [...bad];
})()`

func TestTextCanBeReadInLightAndDark(t *testing.T) {
	origin := serve(t, thousand())
	ctx := browser(t, origin, 1400, 900)
	for _, theme := range []string{"light", "dark"} {
		run(t, ctx, theme, chromedp.Navigate(origin+"?q=none"), chromedp.Evaluate(fmt.Sprintf(`localStorage.setItem('theme', %q); 0`, theme), nil))
		for _, state := range []string{"", "?q=level:error+stage&id=991", "?view=operations", "?q=level:("} {
			var bad []string
			run(t, ctx, theme, chromedp.Navigate(origin+state),
				until(`document.querySelectorAll('#facets .value').length || !document.getElementById('error').hidden`),
				chromedp.Evaluate(contrast, &bad))
			for _, b := range bad {
				t.Errorf("%s %s: %s", theme, state, b)
			}
			screenshot(t, fmt.Sprintf("viewer-%s%s.png", theme, map[string]string{"?q=level:error+stage&id=991": "-record", "?view=operations": "-operations", "?q=level:(": "-error"}[state]), ctx)
		}
	}
}

// screenshot writes a picture of the page to the folder that SLUICE_SCREENSHOTS names, for docs and for eyes.
func screenshot(t *testing.T, name string, ctx context.Context) {
	t.Helper()
	dir := os.Getenv("SLUICE_SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	run(t, ctx, "screenshot", chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
