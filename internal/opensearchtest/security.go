package opensearchtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// The administrator of every secured node. Other users are made by the tests, see [Server.NewUser].
const (
	adminUser     = "admin"
	adminPassword = "Adm1n-pass!x"
	adminHash     = "$2y$12$5k55O2nnaaNSapWuF5UoveXjcJmHkwMrv5HiDCAVND9y8z8BG1rIy" // bcrypt of the line above
)

// tokenKey signs the JSON Web Tokens that secured nodes accept.
const tokenKey = "a key of the tests, of no other use, of 32 bytes or more"

const securityYML = `plugins.security.ssl.transport.pemcert_filepath: certs/node.pem
plugins.security.ssl.transport.pemkey_filepath: certs/node.key
plugins.security.ssl.transport.pemtrustedcas_filepath: certs/ca.pem
plugins.security.ssl.transport.enforce_hostname_verification: false
plugins.security.ssl.http.enabled: true
plugins.security.ssl.http.pemcert_filepath: certs/node.pem
plugins.security.ssl.http.pemkey_filepath: certs/node.key
plugins.security.ssl.http.pemtrustedcas_filepath: certs/ca.pem
plugins.security.ssl.http.clientauth_mode: OPTIONAL
plugins.security.authcz.admin_dn: ["CN=superadmin"]
plugins.security.nodes_dn: ["CN=node"]
plugins.security.allow_default_init_securityindex: true
plugins.security.restapi.roles_enabled: ["all_access"]
plugins.security.audit.type: noop
`

// authentication: basic with the internal users, a client certificate whose common name is the user, a signed token.
const configYML = `_meta: {type: config, config_version: 2}
config:
  dynamic:
    http: {anonymous_auth_enabled: false}
    authc:
      token:
        http_enabled: true
        order: 0
        http_authenticator: {type: jwt, challenge: false, config: {signing_key: "%KEY%", jwt_header: Authorization, roles_key: roles, subject_key: sub}}
        authentication_backend: {type: noop}
      certificate:
        http_enabled: true
        order: 1
        http_authenticator: {type: clientcert, challenge: false, config: {username_attribute: cn}}
        authentication_backend: {type: noop}
      basic:
        http_enabled: true
        order: 2
        http_authenticator: {type: basic, challenge: true}
        authentication_backend: {type: intern}
`

// writeSecurity makes the certificates and the security configuration of a node in its configuration directory.
func writeSecurity(conf string) error {
	certs := filepath.Join(conf, "certs")
	if err := os.MkdirAll(certs, 0o755); err != nil {
		return err
	}
	ca, err := NewAuthority(certs)
	if err != nil {
		return err
	}
	config := []byte(configYML)
	config = replaceAll(config, "%KEY%", base64.StdEncoding.EncodeToString([]byte(tokenKey)))
	dir := filepath.Join(conf, "opensearch-security")
	write := func(name, text string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) }
	return errors.Join(
		ca.Issue(filepath.Join(certs, "node"), Leaf{Name: "node", Hosts: []string{"localhost", "127.0.0.1", "::1"}, ValidFor: 3650 * 24 * time.Hour}),
		os.WriteFile(filepath.Join(conf, "opensearch.yml"), []byte(securityYML), 0o644),
		write("config.yml", string(config)),
		write("internal_users.yml", "_meta: {type: internalusers, config_version: 2}\n"+adminUser+": {hash: \""+adminHash+"\", reserved: true, backend_roles: [admin]}\n"),
		write("roles.yml", "_meta: {type: roles, config_version: 2}\n"),
		write("roles_mapping.yml", "_meta: {type: rolesmapping, config_version: 2}\nall_access: {backend_roles: [admin]}\n"),
	)
}

// Token returns a JSON Web Token (RFC 7519, HS256) for a user of a secured node, which expires after validFor.
func Token(user string, validFor time.Duration) string {
	part := func(v any) string {
		text, _ := json.Marshal(v) // of maps of strings and numbers
		return base64.RawURLEncoding.EncodeToString(text)
	}
	now := time.Now()
	text := part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." +
		part(map[string]any{"sub": user, "iat": now.Add(-time.Minute).Unix(), "exp": now.Add(validFor).Unix()})
	mac := hmac.New(sha256.New, []byte(tokenKey))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
