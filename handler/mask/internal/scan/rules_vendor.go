package scan

// vendorRules are the rules of the vendors. The examples are made up; prefixes are apart from what follows them so that
// nobody's scanner of repositories takes them for real ones.
var vendorRules = []Rule{
	{GitHub, "tokens of GitHub: personal (classic and fine-grained), OAuth, app, refresh", []string{
		"leaked «ghp_" + "C3J27XDCG2LmlZGEONYlgCtjfIZ4SOcMz9CP» at config.yaml:12",
		"found credential «github_pat_" + "VNPkNa1Hedcm4pMbXDuCL1_mHoOsFaQfDPrAJ71fTquWoGsbeKXgzg2sye9b2Rann76dEyTzAeKOmXRrvf»",
		"{\"x\":\"«ghs_" + "tva9AW7hipTgadDZFlRJmCGmUXiAPyhzAnar»\",\"y\":1}",
	}, []string{
		"ghp_ is the prefix",
		"git push origin ghp-branch-name-2024",
	}},
	{GitLab, "tokens of GitLab: personal, deploy, runner, trigger, feed, agent", []string{
		"found credential «glpat-" + "McAxYmfsB4HbQLXjjlAF»",
		"{\"x\":\"«glrt-" + "bVV6q9rXxtNDFyuzX9k1»\",\"y\":1}",
		"GET /x?k=«gldt-" + "gnneGEYG1-LwiqD9jJBA»&page=2",
	}, []string{
		"glpat-xxxxxxxxxxxxxxxxxxxx",
	}},
	{Slack, "tokens and webhooks of Slack", []string{
		"{\"x\":\"«xoxb-" + "014673002458-921527589290-7bE6wSt9cbMOeEeUtuieeCIx»\",\"y\":1}",
		"GET /x?k=«xapp-" + "1-ACIVWF4E0B5-9096690911114-daceee2092f073ff80b9465aef7ac86d66c7a644fb12853ef86dcfaea21818b9»&page=2",
		"posting to https://hooks.slack.com/services/«T0A1B2C3D/" + "B4E5F6G7H/i8J9k0L1m2N3o4P5q6R7s8T9»",
	}, []string{
		"xoxb-token",
	}},
	{Stripe, "secret and restricted keys and webhook secrets of Stripe; publishable keys are public", []string{
		"GET /x?k=«sk_live_" + "PYKbPizDmbX1rpXjYdOhCgOI»&page=2",
		"leaked «rk_test_" + "POZx9eRmm0EqlTaWEITclorX» at config.yaml:12",
		"found credential «whsec_" + "wIS8HGNWkz2YS5ofA75UyiCDmO46ayJK»",
	}, []string{
		"pk_live_P4GY08vDuPngU30ZP7Thnp5y",
		"sk_live_mode",
	}},
	{Google, "API keys, OAuth secrets and tokens of Google", []string{
		"leaked «AIza" + "lNPHcSke4R1J-dBi2ewQr8t4_lC4LvGNWAM» at config.yaml:12",
		"found credential «GOCSPX-" + "sI_z0oaWdfZp-lvi60ZIF8_qR38O»",
		"{\"x\":\"«ya29." + "ny1dHqceytDbKPTF_n_pGz3cW0uABBrDSxOOyBymrEqlHXm31qzZcmzTUoRy»\",\"y\":1}",
	}, []string{
		"AIzaSmall",
	}},
	{SendGrid, "API keys of SendGrid", []string{
		"found credential «SG." + "ZeEgbcWJNG5KEjmlhnl1ks.mhr7jmPY72T3AVbfzx06UVZyvmbPkZyRHJouZrQV3xZ»",
	}, []string{
		"SG.a.b",
	}},
	{NPM, "access tokens of npm", []string{
		"{\"x\":\"«npm_" + "nUleZvtEga4wO5Ndor89QtvnQzKlIeyGFPnS»\",\"y\":1}",
	}, []string{
		"npm_config_registry",
		"npm_lifecycle_event",
	}},
	{PyPI, "upload tokens of PyPI", []string{
		"GET /x?k=«pypi-" + "AgEIcHlwaS5vcmcpYconEG4ZgzWbmHGJR1m4jfXuX8v_h2_1KZNUK9IKLdbFfu0XgOYgOjC29GFfm7sFog16pAgTtpU4r16»&page=2",
	}, []string{
		"pypi-mirror-2024",
	}},
	{OpenAI, "API keys of OpenAI and those shaped alike", []string{
		"leaked «sk-" + "proj-H1UrLqE9oNTJIyJEyFzfhbIH2denCJjluEV99TARR_rjp5B4» at config.yaml:12",
		"found credential «sk-" + "BVqyZjxjP1MusJWV06lBT3BlbkFJPxLgD4ufIfBKKF0RDt0X»",
	}, []string{
		"sk-learn-1.5.2",
	}},
	{Anthropic, "API keys of Anthropic", []string{
		"found credential «sk-ant-" + "api03-bjNBkM_PKsCTPUpP4J4N6OCZFkUUdUYXyVXtwwl6KcChuLc2iNkQkJnOkdsm2FC-R6YSRQr_-jf0SaWl7dUbo11sFuWvPAA»",
	}, []string{
		"sk-ant-colony",
	}},
	{HuggingFace, "access tokens of Hugging Face", []string{
		"{\"x\":\"«hf_" + "nyBHsr4dEtUhtPjX6l6dWDbLE6Zcugmlwn»\",\"y\":1}",
	}, []string{
		"hf_hub_download",
	}},
	{DigitalOcean, "tokens of DigitalOcean", []string{
		"GET /x?k=«dop_v1_" + "7f7e58c59f8fca2f7c164c8170fbe7d5d5a484814506442b83fe2906d62e61df»&page=2",
	}, []string{
		"dop_v1_x",
	}},
	{Databricks, "access tokens of Databricks", []string{
		"leaked «dapi" + "59a9c29e2b243ce3e0cf793e0649c9ac» at config.yaml:12",
	}, []string{
		"dapi_version_2",
	}},
	{Shopify, "access tokens and secrets of Shopify", []string{
		"found credential «shpat_" + "2866c3a98faec23434556c1e237153dd»",
		"{\"x\":\"«shpss_" + "2ad464cfad0ca708a6a9e3c6a935897b»\",\"y\":1}",
	}, []string{
		"shpat_demo",
	}},
	{Twilio, "API keys of Twilio", []string{
		"{\"x\":\"«SK" + "46606247fdaa2b8e3e47285a4309b7b5»\",\"y\":1}",
	}, []string{
		"AC52e1c549c056de14c3c5a487a114cf3f",
		"SKU12345678",
	}},
	{Mailgun, "private keys of Mailgun", []string{
		"GET /x?k=«key-" + "bdd9fedd33add0a19dca9273e7c1f379»&page=2",
	}, []string{
		"key-value-store-2024-01",
	}},
	{Mailchimp, "API keys of Mailchimp", []string{
		"leaked «c72bd57d" + "32343e09790a52eec4b7190e-us12» at config.yaml:12",
	}, []string{
		"a9af4f66916abf05676139a8d4aed257",
	}},
	{Telegram, "tokens of Telegram's bots", []string{
		"found credential «52453495" + "56:AAoDMxCJql7j4jfaKG2lvKyFwJdxte7Xa_h»",
	}, []string{
		"1234567890:AAA",
	}},
	{Discord, "bots' tokens and webhooks of Discord", []string{
		"{\"x\":\"«MTleJXP6" + "xuQEYcHsG02ORHV8.IlMXXk.hMBpQCJXqYTYUpqFIo2LMFqcmMT»\",\"y\":1}",
	}, []string{
		"Module1234567.init.py",
	}},
	{Square, "tokens and secrets of Square", []string{
		"GET /x?k=«sq0atp-" + "dKC34lujMbMFZBGCUq2Zbe»&page=2",
		"leaked «sq0csp-" + "h6lKOILYUpNjdtBcSu0NVHXqWLFfP0GkyqpkFSQ1MYD» at config.yaml:12",
	}, []string{
		"sq0atp-",
	}},
	{PayPal, "access tokens of PayPal and Braintree", []string{
		"leaked «access_token$" + "production$du03xnci5ij37cap$d42c9fd2179837de27b9a615c1a5ec6c» at config.yaml:12",
	}, []string{
		"access_tokens",
	}},
	{Heroku, "API keys of Heroku", []string{
		"found credential «HRKU-" + "c16db755-f6c6-e9fe-f5f6-cd218b8058c6»",
	}, []string{
		"HRKU-app",
	}},
	{Atlassian, "API tokens of Atlassian and app passwords of Bitbucket", []string{
		"{\"x\":\"«ATATT3" + "InUhtUrEpcPX5kWPGhMYE-fytqeAN029rHO5WsAJ5ZrXTCnLVSBrfd9bMiBTpVEHl2pY_h-XQK_JCuZz8vSElR2t9GNcYpUiZIgW_M8PGjdeSPVMHx8XRUdBjg01iJi75WXerIN_U8ctyIDHCEaYaE_kQHSncOAYuyuuQ-LV1KU_EFUPwqii»\",\"y\":1}",
		"GET /x?k=«ATBB" + "0g4Tth2CGXREckN3A3EdwqzGVYSzqTOq»&page=2",
	}, []string{
		"ATBBX",
	}},
	{Linear, "keys of Linear", []string{
		"GET /x?k=«lin_api_" + "xTRulv2Wn1K1iKAPTiNV1rZkimyNQsoPlaELS8Y7»&page=2",
	}, []string{
		"lin_api_version",
	}},
	{Notion, "integration tokens of Notion", []string{
		"leaked «ntn_" + "irSrAqOQzy7RidkTh3cmswUIZhzv5b1I2EkxetCZ31Psoz» at config.yaml:12",
		"found credential «secret_" + "UNAWjKyRSnIsZ3jCl1gJ75q4FBhju4brKKjrOzruofE»",
	}, []string{
		"secret_rotation_finished",
	}},
	{Figma, "tokens of Figma", []string{
		"found credential «figd_" + "zUHgtiaNkaxR9rz09e1SYhBGJyLF4gwdvpjITdNi»",
	}, []string{
		"figd_x",
	}},
	{Grafana, "service account and cloud tokens of Grafana", []string{
		"{\"x\":\"«glsa_" + "GDa4ne9xaXHqZpY7VFztZI0QXZXg78Ez_d80047ac»\",\"y\":1}",
		"GET /x?k=«glc_" + "eyJUxGQrZxOOCwtre5PuMgqvnVlndViItRnlwgjjxwlBbazGdzgu8I18Wnb4lue»&page=2",
	}, []string{
		"glc_cache",
	}},
	{NewRelic, "keys of New Relic", []string{
		"GET /x?k=«NRAK-" + "GU14O50LREYULW7AJYDNW216HH3»&page=2",
	}, []string{
		"NRAK-1",
	}},
	{Sentry, "auth tokens of Sentry", []string{
		"leaked «sntrys_" + "eyJpYXQBQDA1yGoyMIKcG6cHOCCsLcMd7ujIDvqVNumVEJzd39iW5Fhol17PY8j1hZgGqqel3cTvqHZwDnIa3Bm» at config.yaml:12",
		"found credential «sntryu_" + "f8723ef72f124b53a1b793d5c0ef226a6dc0aa866545e14838bb96026b9d6428»",
	}, []string{
		"sntrys_",
	}},
	{Dynatrace, "tokens of Dynatrace", []string{
		"found credential «dt0c01." + "1X0R3I6HGW60P5HSHSF3O4YM.0O2EX0VS2RSAPA0XIQY0RVGG8G3NFXBXBWBJ4EXK36U4DOBZ1O8HDE3ZN7N5XJ6Z»",
	}, []string{
		"dt0c01.x",
	}},
	{Doppler, "tokens of Doppler", []string{
		"{\"x\":\"«dp." + "pt.gVYfak9PSNYV5qQZUEX4hBDjbx3x8154bgwAIJIhXYg»\",\"y\":1}",
		"GET /x?k=«dp." + "st.dev.tGKheKpiQfGGtswXppLADdnLCkJgDi25gZ2GjjKH»&page=2",
	}, []string{
		"dp.go:12345",
	}},
	{Vault, "tokens of HashiCorp Vault", []string{
		"GET /x?k=«hvs." + "w0p0bDtoWuLdZo_MfX1MkBHo1Q-ArmYMIHCVk29XT3Q5ogNhuWPZCmVeOU9D-bV0naTFUVMAhOx_pSglBGI2VZlKmk»&page=2",
		"leaked «s." + "h29HYVOJmL8KThFi5UewsiO0» at config.yaml:12",
	}, []string{
		"hvs.json",
	}},
	{Terraform, "tokens of Terraform Cloud", []string{
		"leaked «zo1qvcuj" + "0jYsPs.atlasv1.h-gYkrRcBa91Qjwk4rW53p4OjoTopYNoBm1PrptJ80e3Wz__3X9nvPzbSuSWX57T» at config.yaml:12",
	}, []string{
		"example.atlasv1.",
	}},
	{Pulumi, "access tokens of Pulumi", []string{
		"found credential «pul-" + "4fca2f78bd1828c76d25decf3753941b5faf4eb9»",
	}, []string{
		"pul-01",
	}},
	{Docker, "access tokens of Docker Hub", []string{
		"{\"x\":\"«dckr_pat_" + "gpYjnm3IVNwhkWmLk57xSuxg8YT»\",\"y\":1}",
	}, []string{
		"dckr_pat_x",
	}},
	{Artifactory, "API keys of Artifactory", []string{
		"GET /x?k=«AKCp" + "ZsM21UqhpwblI4qQssqJiqFerbsYr8Gj3yk03I2iNfIZUkIWQS6LXOqtdB7XxPYIoECRx»&page=2",
	}, []string{
		"AKCp8",
	}},
	{Postman, "API keys of Postman", []string{
		"leaked «PMAK-" + "b68b723290336b9b41240d42-d52bf63d4f62f02498a7844d0fa5251339» at config.yaml:12",
	}, []string{
		"PMAK-12",
	}},
	{PlanetScale, "tokens and passwords of PlanetScale", []string{
		"found credential «pscale_tkn_" + "Md1etxkaViBYD0SQCSYbEHgVQT6E1wztBG59CQxEHGc»",
	}, []string{
		"pscale_tkn_id",
	}},
	{RubyGems, "API keys of RubyGems", []string{
		"{\"x\":\"«rubygems_" + "59729a617227e61d4bb22c4d7a6c92f01f1c2d54265f7aa4»\",\"y\":1}",
	}, []string{
		"rubygems_version_3",
	}},
	{Age, "secret keys of age", []string{
		"GET /x?k=«AGE-SECRET-KEY-1" + "GF5ZV0G0AHH83FYTKR8N5T83US99WPYNT24XJ7AKLAZVF7PUERJ2ZTEDPP»&page=2",
	}, []string{
		"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
	}},
	{Airtable, "personal access tokens of Airtable", []string{
		"leaked «pat" + "oBZ9FNPeDblvak.91a8bf8a5b4dde8af75e95a7c5a930bf3fc0fc8fe12aff1408e12817c1863db1» at config.yaml:12",
	}, []string{
		"path.to.file",
	}},
	{Alibaba, "access keys of Alibaba Cloud", []string{
		"found credential «LTAI" + "8eF2Ejsu1QGGv7mPnS1C»",
	}, []string{
		"LTAI5",
	}},
	{Azure, "client secrets of Entra ID and webhooks of Teams", []string{
		"{\"x\":\"«ZtQ8Q~6i" + "RpZUTrZtZ4lh0EtTpc6Zb9GQvEYPNR6z»\",\"y\":1}",
	}, []string{
		"8Q~",
	}},
	{Brevo, "API and SMTP keys of Brevo", []string{
		"GET /x?k=«xkeysib-" + "25389c985841ddc08ff7cb105f7734dae85083aa1099e1a386f2131f796b7dac-evd9wsH382OIAnA6»&page=2",
	}, []string{
		"xkeysib-1",
	}},
	{OnePassword, "service account tokens of 1Password", []string{
		"leaked «ops_eyJ" + "pYE69fhBBERAWOJZP78G58qLIAaHfmlXdNjlJrYULU7urXZPcTdDdBg8Em9q45dJearDSNC3iBFKYVpz0PpR3NAcfTKipdKEzbyeVzUDNgn9p2VFL3u7Ohvtbo13UGKAVz34mqcYfTrCnxQBnCBunNbA3tNXfDVEO4JDQyR5GZY7z4QeVosoUM8MPQDBnPtoMXfILUvKTzb1AwXBqfNyo3zt9mV6BdFLd0n1PzeLTTWvVxLEqqTRJAIkbi» at config.yaml:12",
	}, []string{
		"ops_eyJ",
	}},
	{Fly, "tokens of Fly.io", []string{
		"found credential «fo1_" + "PcJR_Pv_-L1smg674cLT3gjbMvUBWJsTdVYZtNFAwdp»",
		"{\"x\":\"«fm2_" + "6fOYbVmqbFdSLbQ0s3vnNTxSuvZ45n2ESubC6ZYKsMGwoJoMNujP96vYC4Bl0l6LRWkEwMTwnX4u32oExdoFTQd2SVeX1RI8LbgucLwWFMI3yeYgAb6SNlJr»\",\"y\":1}",
	}, []string{
		"fm2_station",
	}},
	{Facebook, "access tokens of Facebook", []string{
		"{\"x\":\"«EAA" + "cQjSRudDXsoJbwpxap7stqabxtALlrlhk2gERGmtI44W3NZQCSTGpA0yxGqDCHKIYZ52osbstzcPYcNDsHmx371JRDSxV8DfzGJo4LP631mehpIvIBGJtc3s»\",\"y\":1}",
	}, []string{
		"EAAB",
	}},
	{Groq, "API keys of Groq", []string{
		"GET /x?k=«gsk_" + "Hw9eIha3jZyTOWhCJ85BLWILdLTleDV5pRFn7CPIZvK6ONbaoUQ7»&page=2",
	}, []string{
		"gsk_x",
	}},
	{Perplexity, "API keys of Perplexity", []string{
		"leaked «pplx-" + "nMepWtvl95JHgOlqm0YUoWkdwcUZTiYmObVk4EP9uZq50Vlu» at config.yaml:12",
	}, []string{
		"pplx-70b-online",
	}},
	{Replicate, "tokens of Replicate", []string{
		"found credential «r8_" + "OhNa7Rc3Kty40QqyTPlAFP9cpLrr6mRfeqlSp»",
	}, []string{
		"r8_unorm",
	}},
	{LaunchDarkly, "SDK and API keys of LaunchDarkly", []string{
		"{\"x\":\"«sdk-" + "c93caf01-dfc3-8130-bbac-4560f7e6f121»\",\"y\":1}",
	}, []string{
		"sdk-2024-01-02",
	}},
	{Mapbox, "secret tokens of Mapbox; public ones begin with pk", []string{
		"GET /x?k=«sk." + "eyJimyDo2BNyVkWxU4dw0ejrkNc5bp4PyjfTci2vM6ZcLhoslmChBmeOHkek0IY.yAjyKVGgyaEtcNbmZv7aB4»&page=2",
	}, []string{
		"sk.json",
	}},
	{Netlify, "tokens of Netlify", []string{
		"leaked «nfp_" + "YL2zsIs8QikyZT4x7Tg6PcqstspWYgSU7PlO» at config.yaml:12",
	}, []string{
		"nfp_1",
	}},
	{NuGet, "API keys of NuGet", []string{
		"found credential «oy2" + "zvqh9h0xro4rjqz5fid1rnuymr2bqlx6m8qmy9vahaa»",
	}, []string{
		"oy2d",
	}},
	{OpenShift, "user tokens of OpenShift", []string{
		"{\"x\":\"«sha256~" + "QJ8di3D9w781IOYEO7tzque10xyThVmer6GG6Vohd8D»\",\"y\":1}",
	}, []string{
		"sha256:30525b42b3bbd71a9e9de60ef8f5814bb392ed8cfcfb231c24e4d374e99bc600",
	}},
	{Plaid, "access tokens of Plaid", []string{
		"GET /x?k=«access-sandbox-" + "5f445432-46ae-5191-a4d2-31afc615ff99»&page=2",
	}, []string{
		"access-log-2024",
	}},
	{Sonar, "tokens of SonarQube", []string{
		"leaked «squ_" + "d62d5e5a1d174975a587ad7e233757dffb6b2577» at config.yaml:12",
	}, []string{
		"squ_1",
	}},
	{Sourcegraph, "tokens of Sourcegraph", []string{
		"found credential «sgp_" + "42dd7bdb38beb849c18ca359c3428f732bf69d89»",
	}, []string{
		"sgp_1",
	}},
	{Supabase, "keys of Supabase", []string{
		"{\"x\":\"«sbp_" + "f06af603d2207eefaa1deb84b34a25325d59a992»\",\"y\":1}",
		"GET /x?k=«sb_secret_" + "WDPcEiXuQhkHH3AZGVT5SMK0YW0Cf0»&page=2",
	}, []string{
		"sbp_1",
	}},
	{Tailscale, "keys of Tailscale", []string{
		"GET /x?k=«tskey-" + "auth-jVd3k99XthCi-DkKKrOXNvg2vZAaFJyf54newrPXQLWQl»&page=2",
	}, []string{
		"tskey-auth",
	}},
	{CircleCI, "tokens of CircleCI", []string{
		"leaked «CCIPAT_" + "AvHPnBDcqdRDgJiMmKIILF_06c5fe5f63b5d720f4b279bde0ebea441cb12d7b» at config.yaml:12",
	}, []string{
		"CCIPAT_1",
	}},
	{Buildkite, "tokens of Buildkite", []string{
		"found credential «bkua_" + "02a7b3941ca553a0e75266caf291efb2f3829a35»",
	}, []string{
		"bkua_1",
	}},
	{HubSpot, "access tokens of HubSpot", []string{
		"{\"x\":\"«pat-na" + "1-a673e9e2-a62d-1199-9dc2-d2d7cae7f219»\",\"y\":1}",
	}, []string{
		"pat-name-2024",
	}},
	{LangSmith, "keys of LangSmith", []string{
		"GET /x?k=«lsv2_pt_" + "d89c9b0e1afc2810995370f00b0e50d3_cf3bc8c49e»&page=2",
	}, []string{
		"lsv2_1",
	}},
	{ElevenLabs, "API keys of ElevenLabs", []string{
		"leaked «sk_" + "11f4c0584f39d0a7c82de121ef7a53ce3e4835acdfd49077» at config.yaml:12",
	}, []string{
		"sk_buff_head_init",
	}},
	{Razorpay, "keys of Razorpay", []string{
		"found credential «rzp_live_" + "mD6PEMTwQstPbi»",
	}, []string{
		"rzp_live_mode",
	}},
	{Resend, "API keys of Resend", []string{
		"{\"x\":\"«re_" + "f7nU818c_QpgphYf53qJgC9r6TLEiVwX6»\",\"y\":1}",
	}, []string{
		"re_compile_2",
	}},
	{Okta, "API tokens of Okta", []string{
		"GET /x?k=«00" + "GWr9HMQSuVOijq8nloV9h8c7S1A2P0vKRe4U71V1»&page=2",
	}, []string{
		"000060870973565016673277812063323692092492",
	}},
	{Adobe, "client secrets of Adobe", []string{
		"leaked «p8e-" + "wfvOewQd2RJ6dQDMFZe9600DDXaMNMOk» at config.yaml:12",
	}, []string{
		"p8e-1",
	}},
	{Vendor, "credentials of vendors too small for a kind of their own", []string{
		"found credential «nvapi-" + "UUhaP--zeA7YbPShYOJimNYpl2TfRzMCPbM1LR-ITi0SKrNWhSqFmun47rXOIh4X»",
		"{\"x\":\"«xai-" + "0eVQbqgnktDMBu2Q5Jn4V6Tq50wfMLZeEgG8SioTUHLa0Yid24X0UF2CFbCSrcPHa7DRhvUlSAvUX1Li»\",\"y\":1}",
		"GET /x?k=«CLOJARS_" + "067rsswfzxnmagf5d4kdvysrofobjbk500x9utm81g3bw6dpioumpsj65gn8»&page=2",
		"leaked «sl." + "czS3mriHufBS0A8ABc0dlZtbSRFxzJLHzHBSvdGeNofFEimys7IyUawFDPmWKFYvCdFUp3rLevELp4NnLcY68wkDJzaykww98sL7BJmMIAKNV3_xTs_RuX4lpcOD3-UIlg» at config.yaml:12",
	}, []string{
		"shippo_live_mode",
	}},
}
