package rest

import (
	"net/http"
	"time"
)

// NewTransport is the store's transport with other connections.
func NewTransport(timeout time.Duration, dial dialFunc) *http.Transport {
	return newTransport(timeout, nil, dial, nil)
}

// QuickDial is how the store dials.
var QuickDial = quickDial
