package mask

import (
	"strconv"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// phoneLabel is the name of the rule for telephone numbers.
var phoneLabel = scan.Phone.String()

// leastCard is below the least number that can be a payment card's.
const leastCard = 1e12

// cleanNumber says whether a bare number of that magnitude has nothing to mask: numbers are searched for payment cards, which have 13
// digits or more, and under a phone's key they are phone numbers.
func (w *walker) cleanNumber(n uint64, v verdict) bool {
	if n < 1e6 || n < leastCard && v.class != phone {
		return true
	}
	return w.m.cleanLarge(n, v)
}

func (m *Masker) cleanLarge(n uint64, v verdict) bool {
	if v.class == allowed {
		return true
	}
	if v.class == phone && m.phones && n < 1e15 {
		return false
	}
	if m.cards == nil || !luhn(n) {
		return true
	}
	return len(m.cards.Append(nil, strconv.FormatUint(n, 10))) == 0
}

// luhn says whether n has a card's number of digits, an issuer's first digit and a right check digit (ISO/IEC 7812-1 annex B).
func luhn(n uint64) bool {
	if n < leastCard {
		return false
	}
	sum, first := 0, 0
	for double := false; n > 0; double = !double {
		d := int(n % 10)
		n /= 10
		first = d
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && 2 <= first && first <= 6
}

// number returns what stands for a number that is not clean.
func (w *walker) number(v verdict, digits string) string {
	k := scan.CreditCard
	if v.class == phone {
		k = scan.Phone
	}
	w.count(k.String())
	return w.m.replacement(w.m.actions[k], k.String(), digits)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// wholeFloat returns the digits of a float that prints as a whole number as long as a card's, else 0.
func wholeFloat(f float64) uint64 {
	if f < 0 {
		f = -f
	}
	if f >= 1e12 && f < 1<<63 && f == float64(uint64(f)) {
		return uint64(f)
	}
	return 0
}
