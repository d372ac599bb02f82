package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

//go:embed compare.py
var comparePy []byte

// request is one that evalctl made.
type request struct {
	method, path, body string // path with its query
}

// record runs a program against a proxy before the server and returns what it
// asked for.
func record(ctx context.Context, server string, program func(proxy string) error) ([]request, error) {
	target, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var requests []request
	forward := httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		mu.Lock()
		requests = append(requests, request{r.Method, r.URL.RequestURI(), string(body)})
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(w, r)
	}

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	proxy := http.Server{Handler: http.HandlerFunc(handler)}
	served := make(chan error, 1)
	go func() { served <- proxy.Serve(listener) }()
	err = program("http://" + listener.Addr().String())
	err = errors.Join(err, proxy.Close())
	if stopped := <-served; !errors.Is(stopped, http.ErrServerClosed) {
		err = errors.Join(err, stopped)
	}
	return requests, err
}

// curlConfig makes one curl process send all requests in parallel, each answer
// thrown away.
func curlConfig(server string, requests []request) []byte {
	var config bytes.Buffer
	fmt.Fprintln(&config, "parallel\nsilent\nshow-error\nfail")
	for i, r := range requests {
		if i > 0 {
			fmt.Fprintln(&config, "next\nsilent\nshow-error\nfail")
		}
		fmt.Fprintf(&config, "url = %s\noutput = \"/dev/null\"\ngloboff\n", quoted(server+r.path))
		fmt.Fprintf(&config, "request = %s\n", quoted(r.method))
		if r.body != "" {
			fmt.Fprintf(&config, "header = \"Content-Type: application/json\"\ndata-raw = %s\n", quoted(r.body))
		}
	}
	return config.Bytes()
}

// quoted writes a text as curl's configuration files quote it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text) + `"`
}
