package mask

import (
	"fmt"
	"strings"
	"testing"
)

func TestKeysAreJudgedByWholeWords(t *testing.T) {
	for want, keys := range map[class]string{
		secret: `password Password PASSWORD userPassword user_password user-password user.password DB_PASSWORD password1 newPassword password_hash
			passwordConfirmation passwd pwd passphrase secret client_secret clientSecret token accessToken access_token refresh-token id_token auth_token csrf_token X-CSRF-Token
			oauth2Token api_key apikey apiKey APIKey X-API-Key api.key private_key privateKey secretAccessKey ssn SSN social_security social_security_number
			creditCard credit_card_number card_number cardNumber cvv CVV2 pin PIN pin_code bank_account bankAccountNumber iban IBAN Authorization
			proxy-authorization http.request.header.authorization cookie Set-Cookie session_token sessionToken credentials aws_credentials PGPASSWORD jwt
			encryptionKey connection_string request.headers.cookie otp`,
		plain: `tokens_used token_count max_tokens tokens tokenizer secretary key_id access_key_id author primary_key cache_key monkey keyboard cookie_consent_version
			cookie_domain page_token nextPageToken token_type has_password isSecret password_length passwordless passenger compass bypass card_type
			accountant pinned spinner gpio_pin key keys id user_id email name session auth_method ssnap stage path secret_name password_changed_at public_key`,
		ident:   `request_id requestId X-Request-ID trace_id traceID span_id session_id sessionId transaction_id commit sha256`,
		phone:   `phone phone_number mobilePhone tel msisdn`,
		address: `client_ip clientIP remote_addr RemoteAddr x-forwarded-for X-Forwarded-For X-Real-IP client.address cf-connecting-ip peer.address sourceIPAddress`,
	} {
		for key := range strings.FieldsSeq(keys) {
			if got := New(nil).judge(key); got.class != want {
				t.Errorf("%s: class %d, want %d (words %s)", key, got.class, want, appendWords(nil, key))
			}
		}
	}
}

func TestUsersKeysComeBeforeTheBuiltIn(t *testing.T) {
	m := New(&Options{Keys: map[string]Action{"Badge-Number": KeepLastFour, "token": Allow, "fcm.token": Drop, "userId": Hash}})
	for key, want := range map[string]verdict{
		"badge_number": {class: secret, action: KeepLastFour}, "employeeBadgeNumber": {class: secret, action: KeepLastFour}, "badge_numbers": {},
		"token": {class: allowed}, "access_token": {class: allowed}, "fcm_token": {class: secret, action: Drop}, "my.fcm.token": {class: secret, action: Drop},
		"user_id": {class: secret, action: Hash}, "password": {class: secret},
	} {
		if got := m.judge(key).verdict; got != want {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
}

func TestVerdictsOfManyKeysAreRight(t *testing.T) {
	m := New(nil)
	for range 2 {
		for i := range 5 * verdictSlots {
			key, want := fmt.Sprint("key_", i, "_x"), plain
			if i%3 == 0 {
				key, want = fmt.Sprint(i, "_password"), secret
			}
			if got := m.judge(key); got.class != want {
				t.Fatalf("%s: class %d", key, got.class)
			}
		}
	}
	long := strings.Repeat("x", 1000)
	if m.judge(long).class != plain || m.judge(long+"_password").class != secret {
		t.Error("long keys")
	}
}

func FuzzKeys(f *testing.F) {
	for _, s := range []string{"", "a", "userPassword", "APIKey", "__", "é_token", "\xff", "A1b2C3", "password_hash_1"} {
		f.Add(s)
	}
	m := New(nil)
	f.Fuzz(func(t *testing.T, key string) {
		words := appendWords(nil, key)
		if again := appendWords(nil, string(words)); len(words) <= maxKey && string(again) != string(words) {
			t.Errorf("%q: %q becomes %q", key, words, again)
		}
		if v := m.keys.verdict("x_" + string(words) + "_password"); len(words) < maxKey/2 && v.class != secret && !askingWords["x"] {
			t.Errorf("%q does not end as a password", words)
		}
		m.judge(key)
	})
}
