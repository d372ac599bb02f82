package rest

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

type always string

func (a always) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a))), Request: req}, nil
}

func TestAnswersAreBounded(t *testing.T) {
	for body, want := range map[string]bool{strings.Repeat("x", 100): true, strings.Repeat("x", 101): false} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://u:secret@h/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&whole{always(body), time.Minute, 100}).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != want || err != nil && !query.HasCode(err, query.Corrupt) {
			t.Errorf("%d bytes: %v", len(body), err)
		}
		if err != nil && !lasting(err) {
			t.Error("an answer that is too long is asked for again")
		}
	}
}
