package scan

// Kind says what a match is. The zero Kind is no kind.
type Kind uint8

// The kinds of personal data and of credentials without a vendor. The vendors' own kinds follow them.
const (
	Email Kind = iota + 1
	Phone
	SSN // United States social security numbers and ITINs
	CreditCard
	IBAN
	JWT
	Bearer     // bearer, access, refresh and reset tokens
	BasicAuth  // the base64 of HTTP basic authentication
	Password   // the value of a password key, also in a URL's or DSN's user-info
	Session    // session cookies and session identifiers that grant access
	PrivateKey // PEM and PGP blocks, also cut off
	URLCredentials
	AWSAccessKey
	AWSSecret
	APIKey // the value of a key such as api_key or client_secret, or a long random string
	IPAddress
	MAC
	DOB
	NationalID
)

// One kind for each vendor family whose credentials have a shape of their own.
const (
	GitHub Kind = NationalID + 1 + iota
	GitLab
	Slack
	Stripe
	Google
	SendGrid
	NPM
	PyPI
	OpenAI
	Anthropic
	HuggingFace
	DigitalOcean
	Databricks
	Shopify
	Twilio
	Mailgun
	Mailchimp
	Telegram
	Discord
	Square
	PayPal
	Heroku
	Atlassian
	Linear
	Notion
	Figma
	Grafana
	NewRelic
	Sentry
	Dynatrace
	Doppler
	Vault
	Terraform
	Pulumi
	Docker
	Artifactory
	Postman
	PlanetScale
	RubyGems
	Age
	Airtable
	Alibaba
	Azure
	Brevo
	OnePassword
	Fly
	Facebook
	Groq
	Perplexity
	Replicate
	LaunchDarkly
	Mapbox
	Netlify
	NuGet
	OpenShift
	Plaid
	Sonar
	Sourcegraph
	Supabase
	Tailscale
	CircleCI
	Buildkite
	HubSpot
	LangSmith
	ElevenLabs
	Razorpay
	Resend
	Okta
	Adobe
	Vendor // families too small for a name of their own
)

// One kind for each national identifier whose form is known.
const (
	UKNino Kind = Vendor + 1 + iota
	UKNHS
	INAadhaar
	INPan
	BRCPF
	BRCNPJ
	PLPesel
	NLBSN
	ESDNI
	ITFiscal
	FRNir
	DESteuerID
	SEPersonnummer
	NOFodselsnummer
	DKCPR
	FIHetu
	BENational
	CHAHV
	CASIN
	AUTFN
	AUMedicare
	SGNric
	KRRrn
	CNResidentID
	TRTckn
	MXCurp
	ZAID
	ROCnp
	CLRut
	JPMyNumber
	PTNif
	IEPps
	THID
	NGNin

	kindCount
	firstNational = UKNino
)

var kindNames = [kindCount]string{
	Email: "EMAIL", Phone: "PHONE", SSN: "SSN", CreditCard: "CREDIT_CARD", IBAN: "IBAN", JWT: "JWT",
	Bearer: "BEARER_TOKEN", BasicAuth: "BASIC_AUTH", Password: "PASSWORD", Session: "SESSION",
	PrivateKey: "PRIVATE_KEY", URLCredentials: "URL_CREDENTIALS", AWSAccessKey: "AWS_ACCESS_KEY",
	AWSSecret: "AWS_SECRET", APIKey: "API_KEY", IPAddress: "IP_ADDRESS", MAC: "MAC_ADDRESS", DOB: "DOB",
	NationalID: "NATIONAL_ID",

	GitHub: "GITHUB_TOKEN", GitLab: "GITLAB_TOKEN", Slack: "SLACK_TOKEN", Stripe: "STRIPE_KEY",
	Google: "GOOGLE_API_KEY", SendGrid: "SENDGRID_KEY", NPM: "NPM_TOKEN", PyPI: "PYPI_TOKEN",
	OpenAI: "OPENAI_KEY", Anthropic: "ANTHROPIC_KEY", HuggingFace: "HUGGINGFACE_TOKEN",
	DigitalOcean: "DIGITALOCEAN_TOKEN", Databricks: "DATABRICKS_TOKEN", Shopify: "SHOPIFY_TOKEN",
	Twilio: "TWILIO_KEY", Mailgun: "MAILGUN_KEY", Mailchimp: "MAILCHIMP_KEY", Telegram: "TELEGRAM_TOKEN",
	Discord: "DISCORD_TOKEN", Square: "SQUARE_TOKEN", PayPal: "PAYPAL_TOKEN", Heroku: "HEROKU_KEY",
	Atlassian: "ATLASSIAN_TOKEN", Linear: "LINEAR_KEY", Notion: "NOTION_TOKEN", Figma: "FIGMA_TOKEN",
	Grafana: "GRAFANA_TOKEN", NewRelic: "NEWRELIC_KEY", Sentry: "SENTRY_TOKEN", Dynatrace: "DYNATRACE_TOKEN",
	Doppler: "DOPPLER_TOKEN", Vault: "VAULT_TOKEN", Terraform: "TERRAFORM_TOKEN", Pulumi: "PULUMI_TOKEN",
	Docker: "DOCKER_TOKEN", Artifactory: "ARTIFACTORY_TOKEN", Postman: "POSTMAN_KEY",
	PlanetScale: "PLANETSCALE_TOKEN", RubyGems: "RUBYGEMS_KEY", Age: "AGE_SECRET_KEY",
	Airtable: "AIRTABLE_TOKEN", Alibaba: "ALIBABA_KEY", Azure: "AZURE_SECRET", Brevo: "BREVO_KEY",
	OnePassword: "ONEPASSWORD_TOKEN", Fly: "FLY_TOKEN", Facebook: "FACEBOOK_TOKEN", Groq: "GROQ_KEY",
	Perplexity: "PERPLEXITY_KEY", Replicate: "REPLICATE_TOKEN", LaunchDarkly: "LAUNCHDARKLY_KEY",
	Mapbox: "MAPBOX_TOKEN", Netlify: "NETLIFY_TOKEN", NuGet: "NUGET_KEY", OpenShift: "OPENSHIFT_TOKEN",
	Plaid: "PLAID_TOKEN", Sonar: "SONAR_TOKEN", Sourcegraph: "SOURCEGRAPH_TOKEN", Supabase: "SUPABASE_TOKEN",
	Tailscale: "TAILSCALE_KEY", CircleCI: "CIRCLECI_TOKEN", Buildkite: "BUILDKITE_TOKEN",
	HubSpot: "HUBSPOT_TOKEN", LangSmith: "LANGSMITH_KEY", ElevenLabs: "ELEVENLABS_KEY",
	Razorpay: "RAZORPAY_KEY", Resend: "RESEND_KEY", Okta: "OKTA_TOKEN", Adobe: "ADOBE_SECRET",
	Vendor: "VENDOR_TOKEN",

	UKNino:          "UK_NINO",
	UKNHS:           "UK_NHS",
	INAadhaar:       "IN_AADHAAR",
	INPan:           "IN_PAN",
	BRCPF:           "BR_CPF",
	BRCNPJ:          "BR_CNPJ",
	PLPesel:         "PL_PESEL",
	NLBSN:           "NL_BSN",
	ESDNI:           "ES_DNI",
	ITFiscal:        "IT_CODICE_FISCALE",
	FRNir:           "FR_NIR",
	DESteuerID:      "DE_STEUER_ID",
	SEPersonnummer:  "SE_PERSONNUMMER",
	NOFodselsnummer: "NO_FODSELSNUMMER",
	DKCPR:           "DK_CPR",
	FIHetu:          "FI_HETU",
	BENational:      "BE_NATIONAL_NUMBER",
	CHAHV:           "CH_AHV",
	CASIN:           "CA_SIN",
	AUTFN:           "AU_TFN",
	AUMedicare:      "AU_MEDICARE",
	SGNric:          "SG_NRIC",
	KRRrn:           "KR_RRN",
	CNResidentID:    "CN_RESIDENT_ID",
	TRTckn:          "TR_TCKN",
	MXCurp:          "MX_CURP",
	ZAID:            "ZA_ID",
	ROCnp:           "RO_CNP",
	CLRut:           "CL_RUT",
	JPMyNumber:      "JP_MY_NUMBER",
	PTNif:           "PT_NIF",
	IEPps:           "IE_PPS",
	THID:            "TH_ID",
	NGNin:           "NG_NIN",
}

// String returns the kind's name in upper case, such as "EMAIL", and "" for what is no kind.
func (k Kind) String() string {
	if k >= kindCount {
		return ""
	}
	return kindNames[k]
}

// Kinds returns all kinds in their order.
func Kinds() []Kind {
	ks := make([]Kind, 0, kindCount)
	for k := Email; k < kindCount; k++ {
		ks = append(ks, k)
	}
	return ks
}

// Set is a set of kinds. The zero Set is empty. A Set is a value: With and Without return another one.
type Set struct {
	bits [(int(kindCount) + 63) / 64]uint64
}

// DefaultKinds returns what is looked for by default: all kinds but IPAddress and MAC, which a quarter of ordinary
// infrastructure records hold and which people search by, and DOB and the national identifiers, which only some services see.
func DefaultKinds() Set {
	return Set{}.With(Kinds()...).Without(IPAddress, MAC, DOB).Without(NationalKinds()...)
}

// NationalKinds returns NationalID and the kinds of the countries.
func NationalKinds() []Kind {
	ks := []Kind{NationalID}
	for k := firstNational; k < kindCount; k++ {
		ks = append(ks, k)
	}
	return ks
}

// With returns the set with the kinds added; what is no kind is passed over.
func (s Set) With(kinds ...Kind) Set {
	for _, k := range kinds {
		if k.String() != "" {
			s.bits[k/64] |= 1 << (k % 64)
		}
	}
	return s
}

// Without returns the set with the kinds taken out.
func (s Set) Without(kinds ...Kind) Set {
	for _, k := range kinds {
		if k < kindCount {
			s.bits[k/64] &^= 1 << (k % 64)
		}
	}
	return s
}

// Has reports whether the set holds the kind.
func (s Set) Has(k Kind) bool { return k < kindCount && s.bits[k/64]&(1<<(k%64)) != 0 }
