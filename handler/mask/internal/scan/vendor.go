package scan

import "strings"

// Bodies of vendors' credentials: the bytes that may follow the prefix.
const (
	alnum  = letter | digit
	dashed = alnum | dash | under
	padded = dashed | base64
)

// vendorForm is how one vendor's credentials look: a prefix, then at least min bytes of the class body, among them a
// digit. dots allows a single dot between bytes of the body, hex only hexadecimal digits.
type vendorForm struct {
	prefix string
	kind   Kind
	min    int
	body   uint16
	dots   bool
	hex    bool
}

// vendorForms are grouped by their first byte, a longer prefix before a shorter one that begins it. The least
// lengths are below what the vendors issue, so that what a log line cut off is still found, and far above what
// identifiers with such a beginning have.
var vendorForms = []vendorForm{
	{prefix: "A3-", kind: OnePassword, min: 30, body: upper | digit | dash},
	{prefix: "ABSK", kind: AWSSecret, min: 60, body: alnum | base64},
	{prefix: "AGE-SECRET-KEY-1", kind: Age, min: 40, body: alnum},
	{prefix: "AIza", kind: Google, min: 30, body: dashed},
	{prefix: "AKCp", kind: Artifactory, min: 40, body: alnum},
	{prefix: "APKA", kind: Vendor, min: 24, body: alnum},
	{prefix: "API-", kind: Vendor, min: 24, body: upper | digit},
	{prefix: "ATATT3", kind: Atlassian, min: 40, body: padded},
	{prefix: "ATCTT3", kind: Atlassian, min: 40, body: padded},
	{prefix: "ATBB", kind: Atlassian, min: 28, body: dashed},
	{prefix: "AQVN", kind: Vendor, min: 34, body: dashed},
	{prefix: "BBDC-", kind: Atlassian, min: 30, body: padded},
	{prefix: "CCIPAT_", kind: CircleCI, min: 30, body: dashed},
	{prefix: "CCIPRJ_", kind: CircleCI, min: 30, body: dashed},
	{prefix: "CFPAT-", kind: Vendor, min: 30, body: dashed},
	{prefix: "CLOJARS_", kind: Vendor, min: 30, body: alnum},
	{prefix: "EAAA", kind: Square, min: 50, body: dashed},
	{prefix: "EAA", kind: Facebook, min: 60, body: alnum},
	{prefix: "EZAK", kind: Vendor, min: 40, body: alnum},
	{prefix: "EZTK", kind: Vendor, min: 40, body: alnum},
	{prefix: "FLWSECK", kind: Vendor, min: 12, body: dashed},
	{prefix: "GOCSPX-", kind: Google, min: 20, body: dashed},
	{prefix: "GR1348941", kind: GitLab, min: 16, body: dashed},
	{prefix: "HRKU-", kind: Heroku, min: 30, body: dashed},
	{prefix: "LS0tLS1CRUdJTiBSU0EgUFJJVkFURS", kind: PrivateKey, min: 40, body: alnum | base64},
	{prefix: "LS0tLS1CRUdJTiBQUklWQVRF", kind: PrivateKey, min: 40, body: alnum | base64},
	{prefix: "LS0tLS1CRUdJTiBFQyBQUklWQVRF", kind: PrivateKey, min: 40, body: alnum | base64},
	{prefix: "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVE", kind: PrivateKey, min: 40, body: alnum | base64},
	{prefix: "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFUR", kind: PrivateKey, min: 40, body: alnum | base64},
	{prefix: "LS0tLS1CRUdJTiBEU0EgUFJJVkFURS", kind: PrivateKey, min: 40, body: alnum | base64},
	{prefix: "LTAI", kind: Alibaba, min: 16, body: alnum},
	{prefix: "NF-", kind: Vendor, min: 32, body: alnum},
	{prefix: "NRAK-", kind: NewRelic, min: 24, body: alnum},
	{prefix: "NRII-", kind: NewRelic, min: 28, body: dashed},
	{prefix: "NRJS-", kind: NewRelic, min: 16, body: alnum, hex: true},
	{prefix: "NRIQ-", kind: NewRelic, min: 24, body: dashed},
	{prefix: "NRBR-", kind: NewRelic, min: 16, body: alnum, hex: true},
	{prefix: "PMAK-", kind: Postman, min: 40, body: dashed},
	{prefix: "SG.", kind: SendGrid, min: 40, body: dashed, dots: true},
	{prefix: "SK", kind: Twilio, min: 32, body: alnum, hex: true},
	{prefix: "api_org_", kind: HuggingFace, min: 30, body: alnum},
	{prefix: "access-sandbox-", kind: Plaid, min: 30, body: dashed},
	{prefix: "access-development-", kind: Plaid, min: 30, body: dashed},
	{prefix: "access-production-", kind: Plaid, min: 30, body: dashed},
	{prefix: "aio_", kind: Vendor, min: 24, body: alnum},
	{prefix: "atlas_", kind: Vendor, min: 30, body: dashed},
	{prefix: "authress_", kind: Vendor, min: 30, body: padded, dots: true},
	{prefix: "bedrock-api-key-", kind: AWSSecret, min: 24, body: padded},
	{prefix: "bkua_", kind: Buildkite, min: 36, body: alnum},
	{prefix: "cloudflare_", kind: Vendor, min: 40, body: dashed},
	{prefix: "dapi", kind: Databricks, min: 32, body: alnum | dash, hex: true},
	{prefix: "dckr_pat_", kind: Docker, min: 20, body: dashed},
	{prefix: "dckr_oat_", kind: Docker, min: 20, body: dashed},
	{prefix: "dop_v1_", kind: DigitalOcean, min: 40, body: alnum},
	{prefix: "doo_v1_", kind: DigitalOcean, min: 40, body: alnum},
	{prefix: "dor_v1_", kind: DigitalOcean, min: 40, body: alnum},
	{prefix: "dp.", kind: Doppler, min: 30, body: dashed, dots: true},
	{prefix: "dt0c01.", kind: Dynatrace, min: 40, body: dashed, dots: true},
	{prefix: "dt0s16.", kind: Dynatrace, min: 40, body: dashed, dots: true},
	{prefix: "duffel_live_", kind: Vendor, min: 36, body: padded},
	{prefix: "duffel_test_", kind: Vendor, min: 36, body: padded},
	{prefix: "e2b_", kind: Vendor, min: 30, body: alnum},
	{prefix: "figd_", kind: Figma, min: 30, body: dashed},
	{prefix: "figo_", kind: Figma, min: 30, body: dashed},
	{prefix: "fio-u-", kind: Vendor, min: 40, body: padded},
	{prefix: "fm1_", kind: Fly, min: 40, body: padded},
	{prefix: "fm1a_", kind: Fly, min: 40, body: padded},
	{prefix: "fm1r_", kind: Fly, min: 40, body: padded},
	{prefix: "fm2_", kind: Fly, min: 40, body: padded},
	{prefix: "fo1_", kind: Fly, min: 36, body: dashed},
	{prefix: "github_pat_", kind: GitHub, min: 30, body: alnum | under},
	{prefix: "ghp_", kind: GitHub, min: 16, body: alnum},
	{prefix: "gho_", kind: GitHub, min: 16, body: alnum},
	{prefix: "ghu_", kind: GitHub, min: 16, body: alnum},
	{prefix: "ghs_", kind: GitHub, min: 16, body: dashed, dots: true},
	{prefix: "ghr_", kind: GitHub, min: 16, body: alnum},
	{prefix: "glpat-", kind: GitLab, min: 16, body: dashed, dots: true},
	{prefix: "gldt-", kind: GitLab, min: 16, body: dashed},
	{prefix: "glrt-", kind: GitLab, min: 16, body: dashed, dots: true},
	{prefix: "glrtr-", kind: GitLab, min: 16, body: dashed, dots: true},
	{prefix: "glcbt-", kind: GitLab, min: 16, body: dashed, dots: true},
	{prefix: "glptt-", kind: GitLab, min: 16, body: dashed},
	{prefix: "glft-", kind: GitLab, min: 16, body: dashed},
	{prefix: "glsoat-", kind: GitLab, min: 16, body: dashed},
	{prefix: "glffct-", kind: GitLab, min: 16, body: dashed},
	{prefix: "glimt-", kind: GitLab, min: 16, body: dashed},
	{prefix: "glagent-", kind: GitLab, min: 30, body: dashed},
	{prefix: "gloas-", kind: GitLab, min: 40, body: dashed},
	{prefix: "glwt-", kind: GitLab, min: 16, body: dashed},
	{prefix: "glsa_", kind: Grafana, min: 24, body: alnum | under},
	{prefix: "glc_", kind: Grafana, min: 30, body: padded},
	{prefix: "gsk_", kind: Groq, min: 40, body: alnum},
	{prefix: "hf_", kind: HuggingFace, min: 28, body: alnum},
	{prefix: "hvs.", kind: Vault, min: 20, body: dashed, dots: true},
	{prefix: "hvb.", kind: Vault, min: 40, body: dashed, dots: true},
	{prefix: "hvr.", kind: Vault, min: 20, body: dashed, dots: true},
	{prefix: "ico-", kind: Vendor, min: 30, body: alnum},
	{prefix: "jca_", kind: Vendor, min: 30, body: alnum},
	{prefix: "key-", kind: Mailgun, min: 32, body: alnum},
	{prefix: "lin_api_", kind: Linear, min: 32, body: alnum},
	{prefix: "lin_oauth_", kind: Linear, min: 32, body: alnum},
	{prefix: "lsv2_pt_", kind: LangSmith, min: 30, body: alnum | under},
	{prefix: "lsv2_sk_", kind: LangSmith, min: 30, body: alnum | under},
	{prefix: "live_", kind: Vendor, min: 32, body: alnum},
	{prefix: "mdb_sa_sk_", kind: Vendor, min: 36, body: dashed},
	{prefix: "nfp_", kind: Netlify, min: 34, body: alnum},
	{prefix: "npm_", kind: NPM, min: 30, body: alnum},
	{prefix: "ntn_", kind: Notion, min: 38, body: alnum},
	{prefix: "nvapi-", kind: Vendor, min: 40, body: dashed},
	{prefix: "oy2", kind: NuGet, min: 43, body: alnum},
	{prefix: "ops_eyJ", kind: OnePassword, min: 60, body: padded},
	{prefix: "p8e-", kind: Adobe, min: 30, body: alnum},
	{prefix: "p8-", kind: Adobe, min: 30, body: dashed},
	{prefix: "pat-na", kind: HubSpot, min: 30, body: dashed},
	{prefix: "pat-eu", kind: HubSpot, min: 30, body: dashed},
	{prefix: "pat.", kind: Vendor, min: 50, body: dashed, dots: true},
	{prefix: "pat", kind: Airtable, min: 60, body: alnum, dots: true},
	{prefix: "pcsk_", kind: Vendor, min: 36, body: alnum | under},
	{prefix: "phc_", kind: Vendor, min: 40, body: alnum},
	{prefix: "phx_", kind: Vendor, min: 40, body: alnum},
	{prefix: "pnu_", kind: Vendor, min: 34, body: alnum},
	{prefix: "pplx-", kind: Perplexity, min: 36, body: alnum},
	{prefix: "pscale_tkn_", kind: PlanetScale, min: 30, body: dashed, dots: true},
	{prefix: "pscale_pw_", kind: PlanetScale, min: 30, body: dashed, dots: true},
	{prefix: "pscale_oauth_", kind: PlanetScale, min: 30, body: dashed, dots: true},
	{prefix: "pul-", kind: Pulumi, min: 38, body: alnum, hex: true},
	{prefix: "pypi-", kind: PyPI, min: 40, body: dashed},
	{prefix: "r8_", kind: Replicate, min: 34, body: alnum},
	{prefix: "rdme_", kind: Vendor, min: 60, body: alnum},
	{prefix: "re_", kind: Resend, min: 24, body: alnum | under},
	{prefix: "rk_live_", kind: Stripe, min: 10, body: alnum},
	{prefix: "rk_test_", kind: Stripe, min: 10, body: alnum},
	{prefix: "rk_prod_", kind: Stripe, min: 10, body: alnum},
	{prefix: "rubygems_", kind: RubyGems, min: 40, body: alnum},
	{prefix: "rzp_live_", kind: Razorpay, min: 14, body: alnum},
	{prefix: "rzp_test_", kind: Razorpay, min: 14, body: alnum},
	{prefix: "s-s4t2ud-", kind: Vendor, min: 40, body: alnum},
	{prefix: "s-s4t2af-", kind: Vendor, min: 40, body: alnum},
	{prefix: "sat.", kind: Vendor, min: 50, body: dashed, dots: true},
	{prefix: "sbp_", kind: Supabase, min: 36, body: alnum},
	{prefix: "sb_secret_", kind: Supabase, min: 24, body: dashed},
	{prefix: "scp_", kind: Vendor, min: 40, body: alnum},
	{prefix: "sdk-", kind: LaunchDarkly, min: 36, body: alnum | dash, hex: true},
	{prefix: "api-", kind: LaunchDarkly, min: 36, body: alnum | dash, hex: true},
	{prefix: "secret_", kind: Notion, min: 40, body: alnum},
	{prefix: "secret-live-", kind: Vendor, min: 30, body: padded},
	{prefix: "secret-test-", kind: Vendor, min: 30, body: padded},
	{prefix: "sgp_", kind: Sourcegraph, min: 36, body: alnum | under},
	{prefix: "sgd_", kind: Sourcegraph, min: 36, body: alnum | under},
	{prefix: "sha256~", kind: OpenShift, min: 40, body: dashed},
	{prefix: "shippo_live_", kind: Vendor, min: 36, body: alnum},
	{prefix: "shippo_test_", kind: Vendor, min: 36, body: alnum},
	{prefix: "shpat_", kind: Shopify, min: 28, body: alnum},
	{prefix: "shpca_", kind: Shopify, min: 28, body: alnum},
	{prefix: "shppa_", kind: Shopify, min: 28, body: alnum},
	{prefix: "shpss_", kind: Shopify, min: 28, body: alnum},
	{prefix: "sk-ant-", kind: Anthropic, min: 24, body: dashed},
	{prefix: "sk-", kind: OpenAI, min: 20, body: dashed},
	{prefix: "sk_live_", kind: Stripe, min: 10, body: alnum},
	{prefix: "sk_test_", kind: Stripe, min: 10, body: alnum},
	{prefix: "sk_prod_", kind: Stripe, min: 10, body: alnum},
	{prefix: "sk_", kind: ElevenLabs, min: 40, body: alnum},
	{prefix: "sk.eyJ", kind: Mapbox, min: 40, body: dashed, dots: true},
	{prefix: "sl.", kind: Vendor, min: 60, body: dashed, dots: true},
	{prefix: "sm_aat_", kind: Vendor, min: 16, body: alnum},
	{prefix: "sm_pat_", kind: Vendor, min: 16, body: alnum},
	{prefix: "sm_sat_", kind: Vendor, min: 16, body: alnum},
	{prefix: "sntrys_", kind: Sentry, min: 40, body: padded},
	{prefix: "sntryu_", kind: Sentry, min: 40, body: alnum},
	{prefix: "sq0atp-", kind: Square, min: 20, body: dashed},
	{prefix: "sq0csp-", kind: Square, min: 30, body: dashed},
	{prefix: "sqp_", kind: Sonar, min: 36, body: alnum},
	{prefix: "squ_", kind: Sonar, min: 36, body: alnum},
	{prefix: "sqa_", kind: Sonar, min: 36, body: alnum},
	{prefix: "t1.9", kind: Vendor, min: 60, body: padded, dots: true},
	{prefix: "tfp_", kind: Vendor, min: 40, body: dashed, dots: true},
	{prefix: "tk-us-", kind: Vendor, min: 40, body: dashed},
	{prefix: "tskey-", kind: Tailscale, min: 20, body: dashed},
	{prefix: "tvly-", kind: Vendor, min: 24, body: dashed},
	{prefix: "uc-", kind: Vendor, min: 64, body: alnum},
	{prefix: "v1.0-", kind: Vendor, min: 100, body: alnum | dash, hex: true},
	{prefix: "vercel_", kind: Vendor, min: 24, body: alnum},
	{prefix: "waka_", kind: Vendor, min: 32, body: dashed},
	{prefix: "whsec_", kind: Stripe, min: 24, body: padded},
	{prefix: "xai-", kind: Vendor, min: 60, body: alnum},
	{prefix: "xapp-", kind: Slack, min: 16, body: dashed},
	{prefix: "xkeysib-", kind: Brevo, min: 60, body: dashed},
	{prefix: "xsmtpsib-", kind: Brevo, min: 60, body: dashed},
	{prefix: "xoxe.xox", kind: Slack, min: 20, body: dashed},
	{prefix: "xoxa-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxb-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxc-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxd-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxe-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxo-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxp-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxr-", kind: Slack, min: 14, body: dashed},
	{prefix: "xoxs-", kind: Slack, min: 14, body: dashed},
	{prefix: "ya29.", kind: Google, min: 20, body: dashed, dots: true},
	{prefix: "ZXlK", kind: JWT, min: 60, body: alnum | base64},
}

// vendorIndex holds for each first byte where its forms begin and end in vendorForms.
var vendorIndex = func() (t [256][2]uint8) {
	for i, f := range vendorForms {
		c := f.prefix[0]
		if t[c][1] == 0 {
			t[c][0] = uint8(i)
		}
		t[c][1] = uint8(i + 1)
	}
	return t
}()

// headLength is how much of a word's beginning dismisses most of them.
const headLength = 3

// heads holds the hashes of the first headLength bytes of what a form can match.
var heads = func() (t [1 << 14 / 64]uint64) {
	for _, f := range vendorForms {
		from, to := 0, 255
		if len(f.prefix) >= headLength {
			from, to = int(f.prefix[2]), int(f.prefix[2])
		}
		for third := from; third <= to; third++ {
			h := headHash(f.prefix[0], f.prefix[1], byte(third))
			t[h/64] |= 1 << (h % 64)
		}
	}
	return t
}()

func headHash(a, b, c byte) uint32 {
	return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 0x9e3779b1 >> 18
}

// vendorEnd returns the kind and the end of the vendor's credential that begins at i, and 0, 0 for none. The word there ends at end.
func vendorEnd(text string, i, end int) (Kind, int) {
	if i+headLength > len(text) {
		return 0, 0
	}
	if h := headHash(text[i], text[i+1], text[i+2]); heads[h/64]&(1<<(h%64)) == 0 {
		return shapedEnd(text, i, end)
	}
	r := vendorIndex[text[i]]
	for n := r[0]; n < r[1]; n++ {
		f := &vendorForms[n]
		if !strings.HasPrefix(text[i:], f.prefix) {
			continue
		}
		if stop := f.end(text, i+len(f.prefix)); stop > 0 {
			return f.kind, stop
		}
	}
	return shapedEnd(text, i, end)
}

// sample is how much of a body is weighed; what follows belongs to it whatever it is.
const sample = 64

// end returns the end of the body at i, and 0 when it is none.
func (f *vendorForm) end(text string, i int) int {
	var all uint16
	j := i
	for ; j < len(text) && j-i < sample; j++ {
		c := class[text[j]]
		if c&f.body == 0 && !(f.dots && text[j] == '.' && j > i && j+1 < len(text) && is(text[j+1], f.body)) || f.hex && !isHex(text[j]) && text[j] != '-' {
			break
		}
		all |= c
	}
	if j-i < f.min && j-i < sample || all&digit == 0 && all&letter != letter || uniform(text[i:j]) {
		return 0
	}
	for j < len(text) && (is(text[j], f.body) || f.dots && text[j] == '.' && j+1 < len(text) && is(text[j+1], f.body)) {
		j++
	}
	if j-i < f.min {
		return 0
	}
	// The rest of the word belongs to it too: a body that goes on is longer than we know.
	return span(text, j, word)
}

// shapedEnd knows the credentials that have a shape without a prefix.
func shapedEnd(text string, i, end int) (Kind, int) {
	n := end - i
	switch {
	case n == 20 && text[i] == 'A' && isAWSKey(text[i:end]):
		return AWSAccessKey, end
	case n >= 23 && n <= 28 && (text[i] == 'M' || text[i] == 'N' || text[i] == 'O') && end < len(text) && text[end] == '.':
		middle := span(text, end+1, word)
		last := middle
		if middle < len(text) && text[middle] == '.' {
			last = span(text, middle+1, word)
		}
		if middle-end-1 >= 6 && middle-end-1 <= 7 && last-middle > 26 {
			return Discord, last
		}
	case n >= 36 && n <= 38 && (text[end-5] == '-' && text[end-4:end-2] == "us" || text[end-4] == '-' && text[end-3:end-1] == "us") && allHex(text[i:i+32]):
		return Mailchimp, end
	case n == 40 && text[end-4:end] == "NRAL" && allHex(text[i:i+36]):
		return NewRelic, end
	case n == 14 && strings.HasPrefix(text[end:], ".atlasv1."):
		if stop := span(text, end+9, dashed|base64); stop-end > 40 {
			return Terraform, stop
		}
	case n == 12 && strings.HasPrefix(text[i:], "access_token$production$"):
		stop := end
		for stop < len(text) && (is(text[stop], alnum) || text[stop] == '$') {
			stop++
		}
		if stop-end > 40 {
			return PayPal, stop
		}
	case n == 1 && text[i] == 's' && end < len(text) && text[end] == '.':
		if stop := span(text, end+1, alnum); stop-end-1 == 24 && looksRandom(text[end+1:stop]) {
			return Vault, stop
		}
	case end+1 < len(text) && text[end] == '~' && n >= 5 && text[end-1] == 'Q' && is(text[end-2], digit):
		stop := end + 1
		for stop < len(text) && (is(text[stop], word) || text[stop] == '~' || text[stop] == '.') && stop-end < 50 {
			stop++
		}
		if stop-end > 30 {
			return Azure, stop
		}
	case n >= 30 && text[i] == '0' && i >= 3 && text[i-3:i] == "1//":
		return Google, end
	case n == 40 && text[end-4:end] == "_mmk" && looksRandom(text[i:end-4]):
		return Vendor, end
	case n == 42 && text[i:i+2] == "00" && classes(text[i:end])&letter == letter && looksRandom(text[i:end]):
		return Okta, end
	}
	return 0, 0
}

// isAWSKey reports whether the 20 bytes are the identifier of an access key: a known beginning, then base32.
func isAWSKey(s string) bool {
	switch s[:4] {
	case "AKIA", "ASIA", "ABIA", "ACCA":
		return classes(s)&^(upper|digit) == 0
	}
	return s[:3] == "A3T" && classes(s)&^(upper|digit) == 0
}

// vendorAt records the vendor's credential that begins at i, if there is one.
func (w *work) vendorAt(i int) bool {
	kind, end := w.ownKind(i)
	return kind != 0 && w.add(i, end, kind, 0.95)
}

// telegramEnd returns the end of a bot's token whose colon stands at i.
func telegramEnd(text string, i int) int {
	if end := span(text, i+1, word); end-i-1 >= 35 && end-i-1 <= 36 && text[i+1] == 'A' && looksRandom(text[i+1:end]) {
		return end
	}
	return 0
}
