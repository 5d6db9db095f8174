package scan

import (
	"strings"
	"unicode/utf8"
)

// foreignKeys are the words for a password in languages that are not written in ASCII alone.
var foreignKeys = [...]string{
	"contraseña", "hasło", "lösenord", "löseord", "jelszó", "şifre", "šifra", "пароль", "парола", "лозинка", "κωδικός", "密码", "密碼", "口令", "パスワード", "暗証番号",
	"비밀번호", "암호", "รหัสผ่าน", "סיסמה", "סיסמא", "كلمة المرور", "कूटशब्द", "पासवर्ड", "mật khẩu",
}

// foreignKey reports whether the words that end at i, with quotes or blanks after them, are one of foreignKeys, and where the word
// begins.
func foreignKey(text string, i int) (from int, ok bool) {
	for n := 0; n < 4 && i > 0 && (text[i-1] == ' ' || isQuote(text[i-1]) || text[i-1] == '\\'); n++ {
		i--
	}
	for _, word := range &foreignKeys {
		// In capitals a word may be of another length; the languages at hand have none that is.
		if from = i - len(word); from >= 0 && text[i-1] >= 0x80 == (word[len(word)-1] >= 0x80) && strings.EqualFold(text[from:i], word) {
			return from, from == 0 || !is(text[from-1], letter)
		}
	}
	return 0, false
}

// keyedAbroad looks at the separator whose last byte is at i, after a key that ends at end and is not in ASCII alone, as that of a
// password in another language: contraseña: x.
func (w *work) keyedAbroad(i, end int) int {
	from, ok := foreignKey(w.text, end)
	if !ok {
		return i + 1
	}
	v, ok := valueAfter(w.text, i, i)
	if !ok {
		return i + 1
	}
	kind, score := w.keyedKind(passwordKey, w.text[from:end], v)
	if kind == 0 {
		return i + 1
	}
	return w.addValue(i, v, kind, score)
}

// meaningsAbroad are words that are not written in ASCII.
var meaningsAbroad = [...]struct {
	of   context
	word string
}{
	{ofPhone, "电话"}, {ofPhone, "電話"}, {ofPhone, "手机"}, {ofPhone, "手機"}, {ofPhone, "手机号"}, {ofPhone, "手机号码"}, {ofPhone, "电话号码"}, {ofPhone, "電話番号"}, {ofPhone, "携帯"}, {ofPhone, "전화"}, {ofPhone, "전화번호"},
	{ofPhone, "휴대폰"}, {ofPhone, "тел"}, {ofPhone, "телефон"}, {ofPhone, "телефона"}, {ofPhone, "τηλέφωνο"}, {ofPhone, "टेलीफोन"}, {ofPhone, "फ़ोन"}, {ofPhone, "هاتف"}, {ofPhone, "جوال"}, {ofPhone, "טלפון"}, {ofPhone, "โทรศัพท์"},
	{ofNational, "주민등록번호"}, {ofNational, "身份证"}, {ofNational, "身份证号"}, {ofNational, "身份证号码"}, {ofNational, "マイナンバー"}, {ofNational, "паспорт"}, {ofNational, "паспорта"}, {ofNational, "СНИЛС"}, {ofNational, "ИНН"},
	{ofNational, "číslo"}, {ofNational, "henkilötunnus"}, {ofNational, "זהות"},
	{ofCard, "银行卡"}, {ofCard, "信用卡"}, {ofCard, "卡号"}, {ofCard, "карта"}, {ofCard, "карты"}, {ofCard, "카드번호"}, {ofCard, "カード番号"},
}

// contextAbroad returns what the word of meaningsAbroad that ends before, with blanks and signs behind it, speaks of.
func contextAbroad(before string) context {
	end := len(before)
	for end > 0 && (before[end-1] < utf8.RuneSelf && !is(before[end-1], word)) {
		end--
	}
	before = strings.TrimSuffix(before[:end], "：")
	for i := range meaningsAbroad {
		m := &meaningsAbroad[i]
		if n := len(before) - len(m.word); n >= 0 && strings.EqualFold(before[n:], m.word) {
			return m.of
		}
	}
	return 0
}
