package scan

import "slices"

// Rule documents a kind.
type Rule struct {
	Kind        Kind
	Description string
	Examples    []string // each with what is found between « and »
	Others      []string // texts of a like form in which nothing is found
}

// Rules returns the rules of all kinds, in the order of Kinds. The table is tested: of each example exactly the
// marked stretch is found as the rule's kind, of the others nothing. The caller may keep and change the result.
func Rules() []Rule {
	return slices.Concat(commonRules, vendorRules, personRules)
}

var commonRules = []Rule{
	{Email, "addresses of electronic mail, also percent-encoded and escaped in JSON", []string{
		"user «john.doe+tag@example.com» logged in",
		"<«bob@sub.example.co.uk»>, wrote",
		`{"to":"\u003c«carol@example.org»\u003e"}`,
		`first line\n«dave@example.net»\nlast`,
		"GET /search?q=«erin%40example.com»&page=2",
		"GET /search?q=«erin%2540example.com»&page=2",
		`{"body":"{\"email\":\"«frank\\u0040example.org»\"}"}`,
		"«josé@exämple.de» registered",
		`bounce for <«"john doe"@example.com»>`,
		"user=«alice@example.com»;host=b",
	}, []string{
		"user@host style prompt", "ssh root@10.0.0.1", "user=[EMAIL_REDACTED] ok", "[EMAIL_REDACTED]@example.com", "@example.com", "image@sha256:ab12",
	}},
	{Phone, "telephone numbers: international, North American, national with a trunk prefix, and any beside a word that says so", []string{
		"caller «+44 20 7946 0397» left voicemail",
		"caller «020 7946 0587» left voicemail",
		"sms to «(503) 555-0177» failed",
		"call «+1 (415) 555-0154» now",
		"reach us at «415-555-0123».",
		"phone=«2125550106» verified=true",
		`{"mobile":"«+14155550123»"}`,
		"phone%3D«%2B14155550123»",
		"whatsapp «+55 11 91234-5678»",
		"Telefon «+49 30 23125 385»",
		"SMS sent to «4155550123»",
		"Anruf von «0049 30 901820» angenommen",
		"Handy: «0171/2345678»",
		"phone : «06.12.34.56.78»",
		"电话 «13800138000» 未接",
		"number («212-555-0199»)",
	}, []string{
		"offset 1693277136", "ts=1693277136732 level=info", "200 512 1234", "window 2021-05-28 to 2025-06-23", "5551234567 rows", "blk_-1608999687919862906",
		"081109 203615 148 INFO", "00 01 02 03 04 05", "at 06.12.34.56.78", "range 120-45-67", "p50=1496.048 p95=6149.477", "call took 1500000 us", "phone ***-***-0123", "phone at 192.168.101.150",
		`query%20mobile HTTP/1.1" 200 9571`, "Mobile Safari/534.30 GSA/3.2.17.1009776.arm",
	}},
	{SSN, "social security numbers and ITINs of the United States", []string{
		"kyc check: ssn «651-40-9201» matched",
		"applicant holds ITIN «919-51-6301»",
		"map[ssn:«599-78-7376» zip:02139]",
		"social security number «123 45 6789»",
		`{"ssn":"«123456789»"}`,
		"taxpayer «078-05-1120» found",
	}, []string{
		"000-12-3456 is none", "666-12-3456 is none", "id 123-45-67890", "part 123-45-6789-A", "123456789 bytes",
	}},
	{CreditCard, "numbers of payment cards: the issuer's range, the length and the check digit are right, or the text says card", []string{
		"card «4111 1111 1111 1111» exp 12/29",
		"payment method added: «3782-822463-10005» exp 12/29",
		`{"card_number":"«4012888888881881»"}`,
		"refund to card «3056 930902 5904» of EUR 12.00",
		"map[card:«30569309025904»]",
		"charged «5555555555554444».",
		"card number «4111111111111112» mistyped",
		"1234567,«4111111111111111»,12/27",
	}, []string{
		"parcel reference 4993004835619171", "job 957992438627215239", "block blk_4111111111111111", "order 4111-1111-1111-111X", "ean 4012345678901",
		"card ************1111",
	}},
	{IBAN, "bank account numbers: a country's length, modulo 97", []string{
		"payout account «DE95 1000 6725 4654 3346 55» verified",
		"values ('«GB49TEST04236405890491»')",
		"wire out to «NO9386011117947», «BE68539007547034»",
		"IBAN «DE06TEST18914931570030» mistyped",
		"debit mandate «pl61109010140000071219812874»",
	}, []string{
		"account reference DE06TEST18914931570030 rejected", "build DE20240514123456789012", "GB82",
	}},
	{JWT, "JSON web tokens, also cut off", []string{
		"token «eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3MjA5MjYyMTEifQ.rtmGXo-mVE5U11XqtSCevljDnGGHsokduLQmz» rejected",
		"map[Authorization:[Bearer «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl»]]",
		"cut «eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3MjA5M»",
	}, []string{
		"cursor eyJpZCI6MTIzNDU2Nzg5MDEyMzQ1fQ", "eyJ is how they begin",
	}},
	{Bearer, "bearer, access, refresh and reset tokens, by key or scheme", []string{
		"Authorization: Bearer «HZeGCu91T1CoOFAQ-1GNADzxdH_»",
		"GET /reset?token=«TfVrSO-XEUP_DbdGf5w3u-LoE4i»&uid=47645",
		`{"access_token":"«0xYkq2LmPz81»"}`,
		"access_token: «M7TvmRR2xhzZ0wC8tiN-LXQ4Cy2» expires_in: 3600",
		"POST /oauth/token code=«Dg7tg1fuY_AhkW_OBknP3p1v1rGRk» 200",
		"sent bearer «8f1Kd02mXq7Zt4Lw9Rb3»",
		"magic link https://app.example.com/login?t=«Nq8Zr4Lw9Rb3Vn5TyKd02mXq7» opened",
	}, []string{
		"token count 4096 exceeds limit 2048", "max_tokens=4096", "PublicKeyToken=b77a5c561934e089", "bearer token missing", "token: expired", "unexpected token: 'IDENT'", "next_token=abc123",
		"Authorization: Bearer [BEARER_TOKEN_REDACTED]", "AppWindowToken{9f4ef63 token=Token{a64f992}}",
		"Bad activity token: android.os.BinderProxy@2bd79ce", "auth: token validation failed", "GET /items?cursor=Nq8Zr4Lw9Rb3Vn5TyKd02mXq7",
		"cursor=Nq8Zr4Lw9Rb3Vn5TyKd02mXq7Pz8Wq1k",
	}},
	{BasicAuth, "the credentials of HTTP basic authentication", []string{
		"Authorization: Basic «bGluZGE6aHVudGVyMg==»",
		`{"Proxy-Authorization":"Basic «YWhtZWQ6czNjcjN0IVBhNTU=»"}`,
		"C: AUTH PLAIN «AGJvYgBodW50ZXIyMTIz»",
	}, []string{"basic auth failed for user", "Basic plan, 12 seats"}},
	{Password, "passwords, by the key, option or statement that they stand in", []string{
		"login failed user=x password=«s3cr3t!Pa55»",
		"connecting with passwd: «correct-horse-battery»",
		`{"password":"«hun\"ter2»","ok":false}`,
		`{"body":"{\"password\":\"«hun\\\"ter2»\"}"}`,
		"map[password:«hunter2» user:x]",
		"mysql -u root -p'«hunter2»' db",
		"curl -u admin:«hunter2» https://example.com/",
		"run --password «hunter2» --verbose",
		"<password>«hunter2»</password>",
		"CREATE USER x IDENTIFIED BY '«hunter2»'",
		"Server=db;Password=«Pa55w0rd!»;Database=x",
		"POST /login?password=«Tr0ub4dor»&next=home",
		"password%3D«hunter2»%26next%3Dhome",
		"pin=«1234»",
		"otp «483920» accepted",
		"your verification code is «391204»",
		`<add key="DbPassword" value="«Hemmelig1!»" />`,
		`{"name":"DB_PASSWORD","value":"«s3cr3t!»"}`,
		`<password type="plain">«geheim7»</password>`,
		`"security_answer":"«fluffy the cat»"`,
		"DB_PASSWORD=«secret»",
		"password «hunter2» rejected",
		"Password for 'bob': «hunter2»",
		"password for user alice is «s3cretPw!»",
		"the password is: «hunter2»",
		"password was changed to «Tr0ub4dor&3»",
		"changed password for bob to «hunter2»",
		"reset the password to '«Spring2024!»'",
		"the password is «correcthorse», please change it",
		"user bob password «qwerty» rejected",
		"login bob password «P4ssphrase»",
		"user bob password «monkey!12» rejected",
		"password («monkey!12») does not match",
		"Passwort lautet «Sommer2025»",
		"mot de passe : «hunter2»",
		"contraseña: «hunter2»",
		"пароль: «hunter2»",
		"密码：«hunter2»",
		"wachtwoord=«hunter2»",
		"password_confirmation=«hunter2»",
		`[("user","bob"),("password","«hunter2»")]`,
		`password: Some("«hunter2»")`,
		"{u'password': u'«hunter2»'}",
		"<pwd><![CDATA[«hunter2»]]></pwd>",
		`<wsse:Password Type="PasswordText">«hunter2»</wsse:Password>`,
		"name=\"password\"\r\n\r\n«hunter2»\r\n--b",
		"auth=('bob', '«hunter2»')",
		"default credentials admin:«hunter2» in use",
		"INSERT INTO users (name, password) VALUES ('bob', '«hunter2»')",
	}, []string{
		"the password is weak.", "password is required", "the password is stored hashed", "password (sha256) upgraded", "INSERT INTO users (name, rank) VALUES ('bob', 'abc12345')",
		"credentials service:8080", "user bob password reset", "password qwertz123: rejected by the policy",
		"password for bob is incorrect", "Password for 'bob': accepted", "password was changed to argon2id", "password was changed by admin42", "password for user u12345 is expired",
		"password policy was changed to level12", "the password was sent to user123456",
		"password must be at least 12 characters", "password=[REDACTED]", "password=***", "password=${DB_PASSWORD}", "Password: required", `{"password":null}`,
		"pass: 12 fail: 0", "error code 391204", "status code: 391204", `{"name":"REGION","value":"eu-1"}`, "PWD=/home/x", "compass=5", "secretary=bob",
	}},
	{Session, "session cookies and identifiers that let their bearer in", []string{
		"Set-Cookie: session_id=«k2h9QXl9JfefpdJdPnappZN3Lg0guhlJ»; Path=/; HttpOnly",
		"Cookie: theme=dark; JSESSIONID=«0A1B2C3D4E5F60718293A4B5C6D7E8F9»; lang=en",
		"PHPSESSID=«k3v9q0m2x7c1b8n4h6t5r2w1z0»",
		"viewtopic.php?t=61911&sid=«1870a4fabc29514f20e5ea569bec41f7»",
		"_gitlab_session=«5vdiuo3tezpg65cppsd14gw1y21umpyi»",
	}, []string{
		"session_id=0191e3a4-7c1b-7d32-9a55-3f8d7b1c2e4f", "session: opened", "Cookie: theme=dark; lang=en",
	}},
	{PrivateKey, "private keys in PEM and PGP armour, whole or cut off, with line breaks or \\n", []string{
		"loaded key «-----BEGIN RSA PRIVATE KEY-----\nD8HlZtXOKZQyJIowEgjpBNMnQ2kaDLuwvsdNUiNZg0V8iItO6HurcZptV/9x==\n-----END RSA PRIVATE KEY-----»\ndone",
		`{"key":"«-----BEGIN PRIVATE KEY-----\nD8HlZtXOKZQyJIowEgjpBNMnQ2kaDLuwvsdN\nUiNZg0V8iItO6Hur==\n-----END PRIVATE KEY-----»\n"}`,
		"parse failed\n«-----BEGIN EC PRIVATE KEY-----\n4+DIP2FJcmPeRSOSD0a1iVXhhUl31WKWkRkTjW65HUeiE»\nretrying",
		"client-key-data: «LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpDSUd6cmhndDU5d05VbWFZYlk5WHNpREpWNW5U»",
	}, []string{
		"client-certificate-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURJVENDQWdtZ0F3SUJBZ0lJ",
		"-----BEGIN CERTIFICATE-----\nD8HlZtXOKZQyJIowEgjpBNMnQ2kaDLuwvsdNUiNZg0V8iItO6HurcZptV/9x==\n-----END CERTIFICATE-----", "-----BEGIN of the report",
	}},
	{URLCredentials, "the password in a URL's or DSN's user-info", []string{
		"dsn postgres://svc_audio:«letmein_42»@db.internal:5432/jobs",
		"redis://:«hunter2»@cache.internal:6379/0 unreachable",
		"proxy http://u:«p@ss:w0rd»@host/path",
		"root:«hunter2»@tcp(localhost:3306)/db",
		"amqp://guest:«p%40ss»@rabbit:5672/",
		"jdbc:oracle:thin:scott/«tiger7»@//ora:1521/xe",
	}, []string{
		"https://example.com:8443/path", "postgres://db.internal:5432/jobs", "ssh://git@example.com/x", "https://u:[URL_CREDENTIALS_REDACTED]@h/x",
		"[LeaseRenewer:hadoop@host-41:9000]",
	}},
	{AWSAccessKey, "identifiers of AWS access keys", []string{"found «AKIA" + "2I5FX2JAIRMFI4FF» in environment", "X-Amz-Credential «ASIA" + "IOSFODNN7EXAMPLQ»"}, []string{"AKIA is how they begin", "AKIAIOSFODNN7"}},
	{AWSSecret, "secret access keys of AWS", []string{
		"AWS_SECRET_ACCESS_KEY=«dowjElrTeXI5MSHDCykOS5qwcVKdHTKKde0qKRyu»",
		"aws secret key «d9gtKP1Qmk5jma/DsGsE1M6BCpY20hn46jOR2iY8» loaded",
	}, []string{"aws region eu-central-1 key pair web-2024"}},
	{APIKey, "values of keys such as api_key and client_secret, and long random strings", []string{
		"retrying, x-api-key: «b9eb5ea902af8bf96c5cd812fd50c350aba381aa»",
		"client_secret=«n3vvwLu54s0Yk2GHmoNtDyS978HYuaJA» grant_type=client_credentials",
		`{"api_key":"«381a3ceceff9189cb8fd3bf6d8c0181d»"}`,
		"the API key «018e184e32b342c7a7ea7a54ab0bcab8» is revoked",
		"AccountKey=«dGhpcyBpcyBub3QgYSBrZXk4Nzk4NzY5ODc2OTg3Ng==»;EndpointSuffix=x",
		"using «zK81mNq02LdP7sXy4RtU6wA9bCe3FgHt»",
		"TWITCH_KEY=«x81mnq02ldp7sxy4rtu6wa9bce3fgh»",
		"GET /v1/forecast?key=«384c27c85021a4e3b81c54055cb691e9»&q=Oslo",
		"API key: «n3vvwLu54s0Yk2GHmoNt»",
	}, []string{
		"data:image/png;base64,iVBORw0KGgo4KGVjgRRqGvhnK2KTIf1oArlBvEKYqO9tDIk6c8DwI5V1BhLSCYASvsR47RZw1f56",
		"key not found: settings.theme", "primary_key=12345", "partition_key=2024x01x15xeu1west1ab2", "cache_key=9f86d081884c7d659a2feaa0c55ad015", "cache key user:55:profile", "digest 9f86d081884c7d659a2feaa0c55ad015", "updateDimmedActivatedHideSensitive",
		"trace 4bf92f3577b34da6a3ce929d0e0e4736", "ulid 01GWCNDD3Q22S7HGE28PRPJC7W", "sha512-Z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg", "api_key=<redacted>",
		"GET /url?q=x&usg=AFQjCNGh4Lw9Rb3Vn5TyKd02mXq7Pz8Wq1", "authorized key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA9c109ghvLraP4GOIU deploy", "request 312dee38-7247-49db-aa62-dcf5d4920f63",
	}},
	{IPAddress, "IPv4 and IPv6 addresses; off by default", []string{
		"client «203.0.113.231» connected", "from «2001:db8::6e88» on port 8443", "from «::ffff:192.0.2.1» on", "listening on «::1»:8080", "http://«192.0.2.7»:8080/",
	}, []string{
		"lib.so.1.2.3.4", "section 4.2.1.3", "listening on 0.0.0.0:8080", "mask 255.255.255.0", "Chrome/124.0.0.0", "oid 1.3.6.1.4.1.8854.4", "upgraded agent from 1.21.155.87 to 7.30.231.27", "std::string", "at 10:20:30",
	}},
	{MAC, "hardware addresses; off by default", []string{"eth0 mac «2f:b6:a2:d2:65:7a» mtu", "eth0 mac «2f-b6-a2-d2-65-7a» mtu"}, []string{"2f:b6:a2:d2:65"}},
	{DOB, "dates of birth; off by default", []string{"date of birth: «1958-09-09»", `{"dob":"«09/09/1958»"}`, "born «1.2.1990»", "born on «3 March 1985»", "date of birth «Mar 12, 1985»"}, []string{"finished 1958-09-09", "born in 1985"}},
	{NationalID, "documents and national identifiers of other countries, beside a word that says so; off by default", []string{
		"passport no «L01X00T47» expired", "national id «533380006»", "driving licence «D1234562» of CA",
	}, []string{"customer L01X00T47", "national parks 12"}},
}
