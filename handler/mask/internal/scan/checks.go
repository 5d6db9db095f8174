package scan

import "strings"

// The checks of national identifiers, on their digits and capitals alone. What each computes is published by the office
// that issues them.

// weighted returns the sum of the digits of d, each times its weight; the weights are digits, A for ten.
func weighted(d []byte, weights string) (sum int) {
	for i := range len(weights) {
		w := int(weights[i] - '0')
		if weights[i] == 'A' {
			w = 10
		}
		sum += int(d[i]-'0') * w
	}
	return sum
}

// allDigits reports whether d is n digits.
func allDigits(d []byte, n int) bool {
	if len(d) != n {
		return false
	}
	for _, c := range d {
		if !is(c, digit) {
			return false
		}
	}
	return true
}

// modulo returns the digits of d as a number, modulo m.
func modulo(d []byte, m int) (rest int) {
	for _, c := range d {
		rest = (rest*10 + int(c-'0')) % m
	}
	return rest
}

func twoDigits(d []byte) int { return int(d[0]-'0')*10 + int(d[1]-'0') }

func monthDay(month, day []byte) bool {
	m, d := twoDigits(month), twoDigits(day)
	return m >= 1 && m <= 12 && d >= 1 && d <= 31
}

func yymmddValid(d []byte) bool { return len(d) >= 6 && monthDay(d[2:], d[4:]) }
func ddmmyyValid(d []byte) bool { return len(d) >= 6 && monthDay(d[2:], d) }

func ninoValid(d []byte) bool {
	return len(d) == 9 && is(d[0], upper) && is(d[1], upper) && strings.IndexByte("ABCD", d[8]) >= 0
}

func nhsValid(d []byte) bool {
	c := 11 - weighted(d, "A98765432")%11
	return c%11 == int(d[9]-'0') && c != 10
}

func panValid(d []byte) bool { return strings.IndexByte("ABCFGHJLPT", d[3]) >= 0 }

// cpfValid reports whether the two check digits of a CPF are right, and not all digits the same.
func cpfValid(d []byte) bool {
	for n := 9; n < 11; n++ {
		sum := 0
		for i := range n {
			sum += int(d[i]-'0') * (n + 1 - i)
		}
		if int(d[n]-'0') != sum*10%11%10 {
			return false
		}
	}
	return !uniform(string(d))
}

func cnpjValid(d []byte) bool {
	check := func(sum int) int {
		if r := sum % 11; r >= 2 {
			return 11 - r
		}
		return 0
	}
	return check(weighted(d, "543298765432")) == int(d[12]-'0') && check(weighted(d, "6543298765432")) == int(d[13]-'0')
}

func peselValid(d []byte) bool {
	return (10-weighted(d, "1379137913")%10)%10 == int(d[10]-'0') && (twoDigits(d[2:])+79)%20 < 12
}

func bsnValid(d []byte) bool {
	return (weighted(d, "98765432")-int(d[8]-'0'))%11 == 0 && !uniform(string(d))
}

// dniValid reports whether the letter of a DNI or NIE is right. Eight digits alone are one without it.
func dniValid(d []byte) bool {
	const letters = "TRWAGMYFPDXBNJZSQVHLCKE"
	if len(d) == 8 {
		return false
	}
	n := 0
	if i := strings.IndexByte("XYZ", d[0]); i >= 0 {
		n = i
	} else if is(d[0], digit) {
		n = int(d[0] - '0')
	} else {
		return false
	}
	for _, c := range d[1:8] {
		n = n*10 + int(c-'0')
	}
	return letters[n%23] == d[8]
}

// fiscalValid reports whether the last letter of a codice fiscale is right.
func fiscalValid(d []byte) bool {
	const odd = "BAFHJNPRTVCESULDGIMOQKWZYX" // as values: B is 1
	sum := 0
	for i, c := range d[:15] {
		v := int(c - 'A')
		if is(c, digit) {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = int(odd[v] - 'A')
		}
		sum += v
	}
	return byte('A'+sum%26) == d[15]
}

func nirValid(d []byte) bool {
	return (d[0] == '1' || d[0] == '2') && 97-modulo(d[:13], 97) == twoDigits(d[13:])
}

// steuerValid is ISO 7064, modulo 11, 10.
func steuerValid(d []byte) bool {
	product := 10
	for _, c := range d[:10] {
		sum := (int(c-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return d[0] != '0' && (11-product)%10 == int(d[10]-'0')
}

func personnummerValid(d []byte) bool {
	d = d[len(d)-10:]
	day := twoDigits(d[4:])
	m := twoDigits(d[2:])
	return luhn(d) && m >= 1 && m <= 12 && (day >= 1 && day <= 31 || day >= 61 && day <= 91)
}

func fodselsnummerValid(d []byte) bool {
	return (11-weighted(d, "376189452")%11)%11 == int(d[9]-'0') && (11-weighted(d, "5432765432")%11)%11 == int(d[10]-'0')
}

// hetuValid reports whether the last character of a Finnish code is right: its nine digits modulo 31.
func hetuValid(d []byte) bool {
	const signs = "0123456789ABCDEFHJKLMNPRSTUVWXY"
	if len(d) == 11 { // the sign of the century is a letter
		var buf [10]byte
		d = append(append(buf[:0], d[:6]...), d[7:]...)
	}
	return len(d) == 10 && allDigits(d[:9], 9) && ddmmyyValid(d) && signs[modulo(d[:9], 31)] == d[9]
}

func belgianValid(d []byte) bool {
	n, check := modulo(d[:9], 97), twoDigits(d[9:])
	since2000 := (n + 2*modulo([]byte("1000000000"), 97)) % 97
	return 97-n == check || 97-since2000 == check
}

func ahvValid(d []byte) bool {
	return string(d[:3]) == "756" && (10-weighted(d, "131313131313")%10)%10 == int(d[12]-'0')
}

func tfnValid(d []byte) bool {
	if len(d) == 8 {
		return weighted(d, "A7845163")%11 == 0
	}
	return weighted(d, "14375869A")%11 == 0
}

func medicareValid(d []byte) bool {
	return d[0] >= '2' && d[0] <= '6' && weighted(d, "13791379")%10 == int(d[8]-'0')
}

func nricValid(d []byte) bool {
	sum := weighted(d[1:], "2765432")
	switch d[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == d[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == d[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == d[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == d[8]
	case 'M':
		return "XWUTRQPNJLK"[(sum+3)%11] == d[8]
	}
	return false
}

// residentValid is GB 11643 for China's identity cards.
func residentValid(d []byte) bool {
	const weights = "79A584216379A5842"
	return allDigits(d[:17], 17) && monthDay(d[10:], d[12:]) && (string(d[6:8]) == "19" || string(d[6:8]) == "20") &&
		"10X98765432"[weighted(d, weights)%11] == d[17]
}

func tcknValid(d []byte) bool {
	odd, even := weighted(d, "101010101"), weighted(d, "01010101")
	tenth := ((odd*7-even)%10 + 10) % 10
	return d[0] != '0' && tenth == int(d[9]-'0') && (odd+even+tenth)%10 == int(d[10]-'0')
}

func curpValid(d []byte) bool {
	return yymmddValid(d[4:]) && strings.IndexByte("HMX", d[10]) >= 0
}

func southAfricanValid(d []byte) bool { return yymmddValid(d) && d[10] <= '1' && luhn(d) }

func cnpValid(d []byte) bool {
	c := weighted(d, "279146358279") % 11
	if c == 10 {
		c = 1
	}
	return d[0] != '0' && yymmddValid(d[1:]) && c == int(d[12]-'0')
}

func rutValid(d []byte) bool {
	sum, w := 0, 2
	for i := len(d) - 2; i >= 0; i-- {
		sum += int(d[i]-'0') * w
		if w++; w > 7 {
			w = 2
		}
	}
	switch c := 11 - sum%11; c {
	case 11:
		return d[len(d)-1] == '0'
	case 10:
		return d[len(d)-1] == 'K'
	default:
		return d[len(d)-1] == byte('0'+c)
	}
}

func myNumberValid(d []byte) bool {
	c := 11 - weighted(d, "65432765432")%11
	if c >= 10 {
		c = 0
	}
	return c == int(d[11]-'0')
}

func nifValid(d []byte) bool {
	c := 11 - weighted(d, "98765432")%11
	if c >= 10 {
		c = 0
	}
	return c == int(d[8]-'0')
}

func ppsValid(d []byte) bool {
	sum := weighted(d, "8765432")
	if len(d) == 9 && d[8] != 'W' {
		sum += 9 * int(d[8]-'A'+1)
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == d[7]
}

func thaiValid(d []byte) bool {
	sum := 0
	for i := range 12 {
		sum += int(d[i]-'0') * (13 - i)
	}
	return (11-sum%11)%10 == int(d[12]-'0')
}

// verhoeffValid is the check of J. Verhoeff, over the dihedral group of order ten.
func verhoeffValid(d []byte) bool {
	const (
		product = "0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210"
		permute = "01234567891576283094580379614289160435279453126870428657390127938064157046913258"
	)
	c := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		c = int(product[c*10+int(permute[i%8*10+v]-'0')] - '0')
	}
	return c == 0
}

// Validator returns the check of that name for a text, of which only letters and digits count: luhn, mod97, verhoeff, random.
// It is nil for any other name.
func Validator(name string) func(string) bool {
	digits := func(check func([]byte) bool) func(string) bool {
		return func(s string) bool {
			d := digitsOf(nil, s)
			return len(d) > 1 && check(d)
		}
	}
	switch name {
	case "luhn":
		return digits(luhn)
	case "verhoeff":
		return digits(verhoeffValid)
	case "mod97":
		return func(s string) bool { return len(s) > 4 && ibanValid(s) }
	case "random":
		return looksRandom
	}
	return nil
}
