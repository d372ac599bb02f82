package connection

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
)

// tls reads how certificates are verified and, for the tracking server, the
// certificate of the client. It returns nil where nothing is set.
func (s Source) tls(tracking bool) (*tls.Config, error) {
	const (
		insecure = "MLFLOW_TRACKING_INSECURE_TLS"
		server   = "MLFLOW_TRACKING_SERVER_CERT_PATH"
		client   = "MLFLOW_TRACKING_CLIENT_CERT_PATH"
	)
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	set := false
	blind, err := s.boolean(insecure)
	if err != nil {
		return nil, err
	}
	if blind && s.Getenv(server) != "" {
		return nil, usage(insecure+" and "+server+" are both set, and one says not to verify what the other verifies", "unset one of them")
	}
	if blind && tracking {
		config.InsecureSkipVerify, set = true, true
	}
	// The first of them counts, as in MLflow's client and Python's requests.
	for _, name := range []string{server, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} {
		path := s.Getenv(name)
		if path == "" {
			continue
		}
		text, err := s.ReadFile(s.expand(path))
		if err != nil {
			return nil, usage(fmt.Sprintf("%s names %s: %v", name, path, reason(err)), "it names a PEM file with the certificates of authorities")
		}
		config.RootCAs, set = x509.NewCertPool(), true
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, usage(fmt.Sprintf("%s names %s, which holds no certificate", name, path), "it names a PEM file with the certificates of authorities")
		}
		break
	}
	if path := s.Getenv(client); path != "" && tracking {
		const hint = "it names one PEM file with the certificate and its private key, not encrypted"
		text, err := s.ReadFile(s.expand(path))
		if err != nil {
			return nil, usage(fmt.Sprintf("%s names %s: %v", client, path, reason(err)), hint)
		}
		pair, err := tls.X509KeyPair(text, text)
		if err != nil {
			why := "holds no certificate with its key"
			if strings.Contains(string(text), "ENCRYPTED") {
				why = "holds a key that is encrypted"
			}
			return nil, usage(fmt.Sprintf("%s names %s, which %s", client, path, why), hint)
		}
		config.Certificates, set = []tls.Certificate{pair}, true
	}
	if !set {
		return nil, nil
	}
	return config, nil
}
