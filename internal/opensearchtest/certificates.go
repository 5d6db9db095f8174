package opensearchtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Leaf describes a certificate to issue.
type Leaf struct {
	Name     string        // common name
	Hosts    []string      // host names and addresses of a server; nil for a client
	ValidFor time.Duration // from now; zero means a day, negative one that has expired
	Chain    bool          // with the authority's certificate behind it
}

// Authority issues certificates for tests. Its files lie in one directory: ca.pem, ca.key.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes a certificate authority in dir, or opens the one that is there.
func NewAuthority(dir string) (*Authority, error) {
	a := &Authority{dir: dir}
	if text, err := os.ReadFile(filepath.Join(dir, "ca.key")); err == nil {
		return a, a.open(text)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a.key = key
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(3650 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return a, writePair(filepath.Join(dir, "ca"), key, der)
}

func (a *Authority) open(keyText []byte) error {
	certText, err := os.ReadFile(a.File())
	if err != nil {
		return err
	}
	certBlock, _ := pem.Decode(certText)
	keyBlock, _ := pem.Decode(keyText)
	if certBlock == nil || keyBlock == nil {
		return fmt.Errorf("%s: no certificate authority", a.dir)
	}
	if a.cert, err = x509.ParseCertificate(certBlock.Bytes); err != nil {
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return err
	}
	a.key, _ = key.(*ecdsa.PrivateKey)
	if a.key == nil {
		return fmt.Errorf("%s: key is %T", a.dir, key)
	}
	return nil
}

// File is the path of the authority's certificate in PEM.
func (a *Authority) File() string { return filepath.Join(a.dir, "ca.pem") }

// Issue writes a certificate and its key as base.pem and base.key.
func (a *Authority) Issue(base string, leaf Leaf) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if leaf.ValidFor == 0 {
		leaf.ValidFor = 24 * time.Hour
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: leaf.Name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(leaf.ValidFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, h := range leaf.Hosts {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	if leaf.Chain {
		return writePair(base, key, der, a.cert.Raw)
	}
	return writePair(base, key, der)
}

func writePair(base string, key *ecdsa.PrivateKey, chain ...[]byte) error {
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	var certs []byte
	for _, der := range chain {
		certs = append(certs, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return errors.Join(
		os.WriteFile(base+".pem", certs, 0o644),
		os.WriteFile(base+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600),
	)
}
