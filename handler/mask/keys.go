package mask

import (
	"bytes"
	"strings"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// class is what a key says of its value.
type class uint8

const (
	plain   class = iota // text is searched for patterns
	ident                // an identifier: not searched for long random strings, which it is
	phone                // a bare number is a phone number
	address              // IP addresses are masked too
	secret               // masked whatever it is
	allowed              // not looked at
)

// verdict is what a key, a group or a field means for what stands under it.
type verdict struct {
	class  class
	action Action // of secret
	// scanner knows what the key's words speak of; nil when they say nothing.
	scanner *scan.Scanner
}

// under returns the verdict of a value whose own key says own, inside of something of verdict v: what is secret or
// allowed stays so all the way down, and what says nothing of itself is what it stands in.
func (v verdict) under(own verdict) verdict {
	if v.class == secret || v.class == allowed {
		return v
	}
	if own.class == plain {
		own.class = v.class
		if own.scanner == nil {
			own.scanner = v.scanner
		}
	}
	return own
}

// The built-in keys, as words. A key matches one that it is or ends with (user_password), numbers and the words of
// trailing aside (password_hash); the longest match wins, so that page_token can be plain though token is secret.
const (
	secretKeys = `
password passwords passwd pwd passphrase pass_phrase passcode pass_code userpass user_pass db_pass smtp_pass ftp_pass mysql_pass redis_pass
pg_pass pgpass pgpassword htpasswd admin_pass root_pass auth_pass http_pass proxy_pass password_salt
secret secrets secretkey secret_answer security_answer
token access_tokens refresh_tokens auth_tokens api_tokens bearer_tokens session_tokens device_tokens
authtoken accesstoken refreshtoken idtoken sessiontoken csrftoken xsrftoken apitoken bearertoken devicetoken
csrf xsrf csrfmiddlewaretoken jwt bearer otp totp otp_code totp_code mfa_code 2fa_code verification_code one_time_code one_time_password
authorization_code auth_code recovery_code recovery_codes backup_code backup_codes security_code
api_key apikey api_keys apikeys app_key application_key access_key accesskey secret_key private_key privatekey private_keys encryption_key decryption_key
signing_key master_key shared_key shared_access_key pre_shared_key psk ssh_key hmac_key aes_key rsa_key symmetric_key license_key
account_key storage_key service_key tls_key ssl_key deploy_key auth_key authkey session_key root_key subscription_key functions_key
function_key server_key consumer_key recovery_key wifi_key wpa_key webhook_key private_pem seed_phrase recovery_phrase mnemonic
authorization auth_header cookie cookies set_cookie jsessionid phpsessid sessid connect_sid
credential credentials creds cred connection_string connectionstring conn_string connstr conn_str dsn kubeconfig
x_amz_signature x_goog_signature x_ms_signature
ssn social_security social_security_number social_security_no social_security_num social_insurance_number tax_id taxpayer_id itin national_id
national_insurance_number passport passport_number passport_no drivers_license drivers_license_number driver_license driver_license_number
driving_licence driving_licence_number maiden_name
credit_card credit_cards creditcard credit_card_number creditcardnumber debit_card debit_card_number payment_card card_number cardnumber card_no card_num
cc_number cc_num ccnum ccn card_pan primary_account_number cvv cvc card_verification_value card_verification_code card_code card_security_code
track_data pin_code pincode card_pin user_pin atm_pin pin_number pin_block
bank_account bank_accounts bank_account_number account_number accountnumber acct_number acct_no account_no routing_number sort_code iban`

	// wholeSecretKeys are secret only by themselves: gpio_pin and led_pin are none.
	wholeSecretKeys = `pin`

	// plainKeys are readable though a shorter end of them is a secret key.
	plainKeys = `
page_token next_token next_page_token prev_page_token previous_page_token pagination_token continue_token continuation_token sync_token
cancel_token cancellation_token stop_token eos_token bos_token pad_token unk_token first_token last_token per_token
unexpected_token syntax_token lexer_token parser_token design_token`

	identKeys = `
request_id trace_id span_id parent_span_id parent_id session_id transaction_id correlation_id event_id message_id job_id task_id run_id
build_id deployment_id process_id instance_id commit commit_sha revision digest checksum etag sha sha_1 sha_256 sha_512 md_5 crc_32 fingerprint traceparent`

	phoneKeys = `
phone phones phone_number phonenumber phone_no phone_num mobile mobile_number mobile_no mobile_phone cell cell_phone cellphone telephone
telephone_number tel fax fax_number msisdn whatsapp contact_number`

	addressKeys = `
client_ip clientip client_ips client_addr client_address client_ip_address client_socket_address remote_ip remote_addr remoteaddr
remote_address remote_ip_address remote_host peer_ip peer_addr peer_address x_forwarded_for forwarded_for forwarded x_real_ip real_ip true_client_ip cf_connecting_ip
connecting_ip source_ip source_ip_address src_ip user_ip user_ip_address visitor_ip customer_ip caller_ip login_ip end_user_ip origin_ip x_client_ip x_cluster_client_ip`

	// asking are first words that make a key a statement about a secret: has_password, max_token.
	asking = `has is needs need requires require supports use uses no num count max min total show hide forgot forget allow allows enable
enables skip should can did was will n`

	// trailing are last words that leave a key a secret's.
	trailing = `hash value text plain plaintext raw old new current previous prev confirm confirmation repeat again string str hex encoded encrypted
base header data jwt env var`
)

var (
	builtInKeys   = make(map[string]verdict)
	wholeKeys     = make(map[string]bool)
	askingWords   = make(map[string]bool)
	trailingWords = make(map[string]bool)
)

func init() {
	for _, t := range []struct {
		class class
		keys  string
	}{{secret, secretKeys}, {plain, plainKeys}, {ident, identKeys}, {phone, phoneKeys}, {address, addressKeys}} {
		for key := range strings.FieldsSeq(t.keys) {
			builtInKeys[key] = verdict{class: t.class}
		}
	}
	for _, t := range []struct {
		set  map[string]bool
		keys string
	}{{wholeKeys, wholeSecretKeys}, {askingWords, asking}, {trailingWords, trailing}} {
		for key := range strings.FieldsSeq(t.keys) {
			t.set[key] = true
		}
	}
}

// keyTable is the built-in keys and a user's.
type keyTable struct {
	own map[string]verdict // by words
}

func newKeyTable(keys map[string]Action) keyTable {
	t := keyTable{own: make(map[string]verdict, len(keys))}
	for k, a := range keys {
		words := appendWords(nil, k)
		if len(words) == 0 {
			continue
		}
		v := verdict{class: secret, action: a}
		if a == Allow {
			v = verdict{class: allowed}
		}
		t.own[string(words)] = v
	}
	return t
}

// verdict judges a key. It does not allocate.
func (t *keyTable) verdict(key string) verdict {
	var buf [2 * maxKey]byte
	words := appendWords(buf[:0], key)
	if v, ok := t.own[string(words)]; ok {
		return v
	}
	if wholeKeys[string(words)] {
		return verdict{class: secret}
	}
	for end := len(words); end > 0; {
		for start := 0; ; {
			v, ok := t.own[string(words[start:end])]
			if !ok {
				v, ok = builtInKeys[string(words[start:end])]
				if ok && v.class == secret && start > 0 && askingWords[string(firstWord(words))] {
					return verdict{}
				}
			}
			if ok {
				return v
			}
			for start < end && words[start] != '_' {
				start++
			}
			if start == end {
				break
			}
			start++
		}
		last := lastWord(words[:end])
		if w := words[last:end]; last == 0 || !digit(w[0]) && !trailingWords[string(w)] {
			break
		}
		end = last - 1
	}
	return verdict{}
}

func firstWord(words []byte) []byte {
	if i := bytes.IndexByte(words, '_'); i >= 0 {
		return words[:i]
	}
	return words
}
