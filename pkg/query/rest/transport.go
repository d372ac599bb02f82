package rest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// connections bounds the connections to one server: a few hide the time that
	// each request takes, more would only queue in the server's workers.
	connections = 8

	// dialTimeout leaves time for one lost packet, and lets three tries of an
	// address that swallows them end within ten seconds.
	dialTimeout = 2500 * time.Millisecond
)

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// newTransport makes the connections to servers. HTTP/2 stays off: MLflow has
// none, and behind a proxy that offers it one connection would carry everything.
func newTransport(timeout time.Duration, proxy func(*http.Request) (*url.URL, error), dial dialFunc, config *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 proxy,
		DialContext:           dial,
		TLSClientConfig:       config,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: timeout,
		MaxConnsPerHost:       connections,
		MaxIdleConnsPerHost:   connections,
		IdleConnTimeout:       time.Minute,
	}
}

// quickDial opens a connection without delayed acknowledgements.
func quickDial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return quickAck(conn), nil
}

// stranger is how to speak TLS with a server that is not to know who asks.
func stranger(config *tls.Config) *tls.Config {
	if config == nil {
		return nil
	}
	config = config.Clone()
	config.Certificates, config.GetClientCertificate = nil, nil
	config.InsecureSkipVerify = false
	return config
}
