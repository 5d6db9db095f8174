package lines_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheMeasureAgreesWithItselfOverTheWholeTable(t *testing.T) {
	s := lines.New(lines.Of(searchtest.Records(5_000)), nil)
	searchtest.Compare(t, s, s)
}
