package browser

import (
	"context"

	"github.com/chromedp/cdproto/input"
)

func mouse(ctx context.Context, kind string, x, y float64) error {
	return input.DispatchMouseEvent(input.MouseType(kind), x, y).WithButton(input.Left).WithButtons(1).WithClickCount(1).Do(ctx)
}
