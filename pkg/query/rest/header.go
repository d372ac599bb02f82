package rest

import (
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// Header is a header that a request carries.
type Header struct{ Name, Value string }

// ParseHeader reads a header as it is written in a request, "Name: value". The
// error is a [query.Error] with code Usage and does not repeat the value, which
// may be a secret.
func ParseHeader(text string) (Header, error) {
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz" // RFC 9110 §5.6.2
	name, value, found := strings.Cut(text, ":")
	name, value = strings.TrimSpace(name), strings.Trim(value, " \t")
	if !found || name == "" || strings.Trim(strings.ToLower(name), token) != "" {
		return Header{}, &query.Error{
			Code: query.Usage, Message: "a header is no name, colon and value",
			Hint: "a header is written like 'X-Forwarded-User: me'",
		}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return Header{}, &query.Error{Code: query.Usage, Message: "the value of the header " + name + " has control characters"}
	}
	// Those describe the request and the connection, not who asks.
	own := []string{"host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "te", "trailer", "accept-encoding"}
	if slices.Contains(own, strings.ToLower(name)) {
		return Header{}, &query.Error{Code: query.Usage, Message: "the header " + name + " cannot be set"}
	}
	return Header{name, value}, nil
}
